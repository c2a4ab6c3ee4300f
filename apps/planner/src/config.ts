import { keyFile, readEnvironment, serviceConfig, serviceVariables } from '@syncline/observability';
import type { ServiceConfig } from '@syncline/observability';
import { z } from 'zod';

const environment = z.object({
  ...serviceVariables,
  SYNCLINE_PACK_KEY_FILE: keyFile,
  SYNCLINE_KUSTOMIZE: z.string(),
  SYNCLINE_HELM: z.string(),
});

/** How the planner is set up. */
export type Config = ServiceConfig & {
  readonly packKey: Uint8Array;
  /** Paths of the pinned programs that render. */
  readonly kustomize: string;
  readonly helm: string;
};
/** Injection token of {@link Config}. */
export const Config = Symbol('Config');

/** Reads the environment. Throws one message that names each variable that is wrong. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const own = readEnvironment('the planner', environment, env);
  return Object.freeze({
    ...serviceConfig(own, { kustomize: own.SYNCLINE_KUSTOMIZE, helm: own.SYNCLINE_HELM }),
    packKey: own.SYNCLINE_PACK_KEY_FILE,
  });
};
