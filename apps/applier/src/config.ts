import { keyFile, readEnvironment, serviceConfig, serviceVariables, textFile } from '@syncline/observability';
import type { ServiceConfig } from '@syncline/observability';
import { z } from 'zod';

const environment = z.object({
  ...serviceVariables,
  SYNCLINE_APPLIER: z.string().min(1).default('hub'),
  SYNCLINE_IDENTITY_FILE: textFile,
  SYNCLINE_HMAC_KEY_FILE: keyFile,
});

/** How an applier is set up. */
export type Config = ServiceConfig & {
  readonly applier: string;
  /** The age identity to which kubeconfigs and values of Secrets are sealed. */
  readonly identity: string;
  readonly hmacKey: Uint8Array;
};
/** Injection token of {@link Config}. */
export const Config = Symbol('Config');

/** Reads the environment. Throws one message that names each variable that is wrong. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const own = readEnvironment('the applier', environment, env);
  return Object.freeze({
    ...serviceConfig(own, { applier: own.SYNCLINE_APPLIER }),
    identity: own.SYNCLINE_IDENTITY_FILE.trim(),
    hmacKey: own.SYNCLINE_HMAC_KEY_FILE,
  });
};
