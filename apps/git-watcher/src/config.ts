import { keyFile, readEnvironment, serviceConfig, serviceVariables, textFile } from '@syncline/observability';
import type { ServiceConfig } from '@syncline/observability';
import { z } from 'zod';

const environment = z.object({
  ...serviceVariables,
  SYNCLINE_PEOPLE_KEY_FILE: keyFile,
  SYNCLINE_PACK_KEY_FILE: keyFile,
  SYNCLINE_IDENTITY_FILE: textFile,
});

/** How git-watcher is set up. */
export type Config = ServiceConfig & {
  readonly packKey: Uint8Array;
  readonly peopleKey: Uint8Array;
  /** The age identity to which Git credentials are sealed. */
  readonly identity: string;
};
/** Injection token of {@link Config}. */
export const Config = Symbol('Config');

/** Reads the environment. Throws one message that names each variable that is wrong. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const own = readEnvironment('git-watcher', environment, env);
  return Object.freeze({
    ...serviceConfig(own, {}),
    peopleKey: own.SYNCLINE_PEOPLE_KEY_FILE,
    packKey: own.SYNCLINE_PACK_KEY_FILE,
    identity: own.SYNCLINE_IDENTITY_FILE.trim(),
  });
};
