import { readFileSync } from 'node:fs';

import { digestOf } from '@syncline/kernel';
import { z } from 'zod';

const textFile = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    context.addIssue({ code: 'custom', message: `${path} cannot be read` });
    return z.NEVER;
  }
});

const keyFile = textFile.transform((text, context) => {
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  context.addIssue({ code: 'custom', message: 'the file must hold 64 hex digits' });
  return z.NEVER;
});

const environment = z.object({
  SYNCLINE_NATS_URL: z.string().default('nats://127.0.0.1:4222'),
  SYNCLINE_NATS_CREDENTIALS_FILE: textFile,
  SYNCLINE_STATE_DIR: z.string(),
  SYNCLINE_LISTEN: z.string().regex(/^.+:\d+$/, 'must be address:port'),
  SYNCLINE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SYNCLINE_ID_KEY_FILE: keyFile,
  SYNCLINE_PACK_KEY_FILE: keyFile,
  SYNCLINE_KUSTOMIZE: z.string(),
});

/** How the planner is set up. Keys are raw bytes and are never shown. */
export type Config = {
  readonly natsUrl: string;
  readonly natsCredentials: string;
  readonly stateDir: string;
  readonly listen: string;
  readonly logLevel: string;
  readonly idKey: Uint8Array;
  readonly packKey: Uint8Array;
  readonly kustomize: string;
  /** SHA-256 over everything here that is no secret. */
  readonly digest: string;
};
/** Injection token of {@link Config}. */
export const Config = Symbol('Config');

/** Reads the environment. Throws one sentence that names each variable that is wrong. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const parsed = environment.safeParse(env);
  if (!parsed.success)
    throw new Error(`The planner's environment is wrong. ${z.prettifyError(parsed.error)}`);
  const own = parsed.data;
  const open = {
    natsUrl: own.SYNCLINE_NATS_URL,
    stateDir: own.SYNCLINE_STATE_DIR,
    listen: own.SYNCLINE_LISTEN,
    logLevel: own.SYNCLINE_LOG_LEVEL,
    kustomize: own.SYNCLINE_KUSTOMIZE,
  };
  return Object.freeze({
    ...open,
    natsCredentials: own.SYNCLINE_NATS_CREDENTIALS_FILE,
    idKey: own.SYNCLINE_ID_KEY_FILE,
    packKey: own.SYNCLINE_PACK_KEY_FILE,
    digest: digestOf(open),
  });
};
