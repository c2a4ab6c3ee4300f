import type { ProvisionerKeys } from '@syncline/event-store';
import { keyFile, readEnvironment, serviceConfig, serviceVariables, textFile } from '@syncline/observability';
import type { ServiceConfig } from '@syncline/observability';
import { isKeyName } from '@syncline/log-proofs';
import { z } from 'zod';

import type { GitWitnessPlace } from './log/checkpoints/git-witness.js';
import type { CheckpointKeys } from './log/checkpoints/checkpoint-keys.js';

const provisioner = z.object({
  operatorSeed: z.string(),
  hub: z.string(),
  system: z.string(),
  appliers: z.record(z.string(), z.string()),
  users: z.record(z.string(), z.string()).exactOptional(),
});

const fromJson = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

const gitCredential = z.object({
  username: z.string().exactOptional(),
  password: z.string().exactOptional(),
  token: z.string().exactOptional(),
});

const environment = z.object({
  ...serviceVariables,
  SYNCLINE_PEOPLE_KEY_FILE: keyFile,
  SYNCLINE_POSTGRES_URL: z.url({ protocol: /^postgres(?:ql)?$/ }),
  SYNCLINE_PROVISIONER_FILE: textFile.pipe(fromJson(provisioner)),
  SYNCLINE_APPLIER_RECIPIENTS: fromJson(z.record(z.string(), z.string())),
  SYNCLINE_ADMIN_TOKEN_FILE: textFile.optional(),
  SYNCLINE_CHECKPOINT_KEY_FILE: keyFile,
  SYNCLINE_CHECKPOINT_PREVIOUS_KEY_FILE: keyFile.optional(),
  SYNCLINE_CHECKPOINT_EVERY_SECONDS: z.coerce.number().min(1).max(86_400).default(300),
  SYNCLINE_LOG_ORIGIN: z.string().refine(isKeyName, 'must be without spaces and plus signs').optional(),
  SYNCLINE_WITNESS_FILE: z.string().optional(),
  SYNCLINE_WITNESS_GIT_URL: z.string().optional(),
  SYNCLINE_WITNESS_GIT_REF: z
    .string()
    .regex(/^refs\/[^\s~^:?*[\\]+$/, 'must be a whole name, such as refs/heads/checkpoints')
    .default('refs/heads/checkpoints'),
  SYNCLINE_WITNESS_GIT_CREDENTIAL_FILE: textFile.pipe(fromJson(gitCredential)).optional(),
  SYNCLINE_AGENT_NATS_URL: z.string().optional(),
  SYNCLINE_AGENT_LOST_AFTER_SECONDS: z.coerce.number().min(5).max(3600).default(15),
});

/** How the API is set up. The token and the addresses' passwords are never shown. */
export type Config = ServiceConfig & {
  readonly peopleKey: Uint8Array;
  readonly postgresUrl: string;
  readonly provisioner: ProvisionerKeys;
  /** age public keys of the appliers, by name. */
  readonly applierRecipients: Readonly<Record<string, string>>;
  /** Where agents beside remote clusters connect to; where the API itself does, unless it is said. */
  readonly agentNatsUrl: string;
  /** How long nothing is heard of an agent until it is lost. */
  readonly agentLostAfterMs: number;
  readonly checkpointKeys: CheckpointKeys;
  /** How long the log may grow until a checkpoint of it is signed. */
  readonly checkpointEveryMs: number;
  /** A file that keeps every checkpoint. */
  readonly witnessFile?: string;
  /** A ref of a repository that keeps every checkpoint. */
  readonly witnessGit?: GitWitnessPlace;
  /** The administrator's token of a local start. */
  readonly adminToken?: string;
};
/** Injection token of {@link Config}. */
export const Config = Symbol('Config');

const witnessGitOf = (own: z.output<typeof environment>): Pick<Config, 'witnessGit'> => {
  const { SYNCLINE_WITNESS_GIT_URL: url, SYNCLINE_WITNESS_GIT_REF: ref } = own;
  const credential = own.SYNCLINE_WITNESS_GIT_CREDENTIAL_FILE;
  return url === undefined ? {} : { witnessGit: { url, ref, ...(credential && { credential }) } };
};

const checkpointKeysOf = (own: z.output<typeof environment>): CheckpointKeys => {
  const { SYNCLINE_CHECKPOINT_PREVIOUS_KEY_FILE: previous, SYNCLINE_LOG_ORIGIN: origin } = own;
  return {
    current: own.SYNCLINE_CHECKPOINT_KEY_FILE,
    ...(previous && { previous }),
    ...(origin !== undefined && { origin }),
  };
};

/** Reads the environment. Throws one message that names each variable that is wrong. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const own = readEnvironment('the API', environment, env);
  const adminToken = own.SYNCLINE_ADMIN_TOKEN_FILE?.trim();
  const witnessFile = own.SYNCLINE_WITNESS_FILE;
  const agentNatsUrl = own.SYNCLINE_AGENT_NATS_URL ?? own.SYNCLINE_NATS_URL;
  return Object.freeze({
    ...serviceConfig(own, { applierRecipients: own.SYNCLINE_APPLIER_RECIPIENTS, agentNatsUrl }),
    agentLostAfterMs: own.SYNCLINE_AGENT_LOST_AFTER_SECONDS * 1000,
    checkpointKeys: checkpointKeysOf(own),
    checkpointEveryMs: own.SYNCLINE_CHECKPOINT_EVERY_SECONDS * 1000,
    ...(witnessFile !== undefined && { witnessFile }),
    ...witnessGitOf(own),
    peopleKey: own.SYNCLINE_PEOPLE_KEY_FILE,
    postgresUrl: own.SYNCLINE_POSTGRES_URL,
    provisioner: own.SYNCLINE_PROVISIONER_FILE,
    ...(adminToken !== undefined && { adminToken }),
  });
};
