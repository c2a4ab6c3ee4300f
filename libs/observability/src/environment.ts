import { readFileSync } from 'node:fs';

import { digestOf } from '@syncline/kernel';
import { z } from 'zod';

/** A variable that names a file: its text as it stands there. */
export const textFile = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    context.addIssue({ code: 'custom', message: `${path} cannot be read` });
    return z.NEVER;
  }
});

/** A variable that names a file with a key of 32 bytes, as hex digits. */
export const keyFile = textFile.transform((text, context) => {
  const digits = text.trim();
  if (/^[0-9a-f]{64}$/i.test(digits)) return new Uint8Array(Buffer.from(digits, 'hex'));
  context.addIssue({ code: 'custom', message: 'the file must hold 64 hex digits' });
  return z.NEVER;
});

/** The variables that every service has. */
export const serviceVariables = {
  SYNCLINE_NATS_URL: z.string().default('nats://127.0.0.1:4222'),
  SYNCLINE_NATS_CREDENTIALS_FILE: textFile,
  SYNCLINE_STATE_DIR: z.string(),
  SYNCLINE_LISTEN: z.string().regex(/^.+:\d+$/, 'must be address:port'),
  SYNCLINE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SYNCLINE_ID_KEY_FILE: keyFile,
};

type Variables = {
  readonly [Name in keyof typeof serviceVariables]: z.output<(typeof serviceVariables)[Name]>;
};

/** What every service's configuration holds. Keys are raw bytes; they and the credentials are never shown. */
export type ServiceConfig = {
  readonly natsUrl: string;
  readonly natsCredentials: string;
  readonly stateDir: string;
  readonly listen: string;
  readonly logLevel: string;
  readonly idKey: Uint8Array;
  /** SHA-256 over everything of the configuration that is no secret. */
  readonly digest: string;
};

/** Reads a service's environment. Throws one message that names each variable that is wrong. */
export const readEnvironment = <Schema extends z.ZodType>(
  service: string,
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): z.output<Schema> => {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new Error(`The environment of ${service} is wrong. ${z.prettifyError(parsed.error)}`);
};

/** What every service takes from its environment; `open` is what of its own is no secret, and counts for the digest. */
export const serviceConfig = <Open extends object>(
  own: Variables,
  open: Open,
): Readonly<ServiceConfig & Open> => {
  const shown = {
    ...open,
    natsUrl: own.SYNCLINE_NATS_URL,
    stateDir: own.SYNCLINE_STATE_DIR,
    listen: own.SYNCLINE_LISTEN,
    logLevel: own.SYNCLINE_LOG_LEVEL,
  };
  return {
    ...shown,
    natsCredentials: own.SYNCLINE_NATS_CREDENTIALS_FILE,
    idKey: own.SYNCLINE_ID_KEY_FILE,
    digest: digestOf(shown),
  };
};
