import { credentialsOf, decodeJoin } from '@syncline/event-store';
import { hmacHex } from '@syncline/kernel';
import { keyFile, readEnvironment, serviceConfig, serviceVariables, textFile } from '@syncline/observability';
import type { ServiceConfig } from '@syncline/observability';
import { z } from 'zod';

import type { AuditSources } from './audit/audits.js';
import { kubeconfigOfPod } from './own-kubeconfig.js';

const auditLogs = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  )
  .refine(
    (all) => all.every((one) => /^[^=]+=.+$/.test(one)),
    'must be cluster=path, further ones after commas',
  )
  .transform(
    (all) =>
      new Map(all.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)] as const)),
  );

/** A line for each cluster: its name and a token of at least 20 characters. */
const auditTokens = textFile.transform((text, context) => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const pairs = lines.map((line) => line.split(/\s+/));
  if (pairs.every((pair) => pair.length === 2 && (pair[1] ?? '').length >= 20))
    return new Map(pairs.map(([cluster = '', token = '']) => [cluster, token] as const));
  context.addIssue({
    code: 'custom',
    message: 'each line must hold a cluster and a token of at least 20 characters',
  });
  return z.NEVER;
});

const auditVariables = {
  SYNCLINE_AUDIT_LOGS: auditLogs.optional(),
  SYNCLINE_AUDIT_TOKENS_FILE: auditTokens.optional(),
  SYNCLINE_AUDIT_SOURCE_IPS: z.enum(['true', 'false']).default('false'),
};
type AuditVariables = z.output<z.ZodObject<typeof auditVariables>>;

const auditOf = (own: AuditVariables): AuditSources => ({
  files: own.SYNCLINE_AUDIT_LOGS ?? new Map(),
  tokens: own.SYNCLINE_AUDIT_TOKENS_FILE ?? new Map(),
  withSourceIp: own.SYNCLINE_AUDIT_SOURCE_IPS === 'true',
});

const environment = z.object({
  ...auditVariables,
  ...serviceVariables,
  SYNCLINE_APPLIER: z.string().min(1).default('hub'),
  SYNCLINE_IDENTITY_FILE: textFile,
  SYNCLINE_HMAC_KEY_FILE: keyFile,
});

const joinWord = z.string().transform((word, context) => {
  const join = decodeJoin(word);
  if (join) return join;
  context.addIssue({
    code: 'custom',
    message:
      'is not whole: copy the command that `syncline cluster add --agent` printed once more, or ask for another',
  });
  return z.NEVER;
});

const agentEnvironment = z.object({
  ...auditVariables,
  SYNCLINE_JOIN: joinWord,
  /** Its text; in a Pod, the ServiceAccount's is taken. */
  SYNCLINE_KUBECONFIG: z.string().min(1, 'must hold a kubeconfig, unless the agent runs as a Pod'),
  SYNCLINE_LISTEN: serviceVariables.SYNCLINE_LISTEN.default('127.0.0.1:0'),
  SYNCLINE_LOG_LEVEL: serviceVariables.SYNCLINE_LOG_LEVEL,
});

/** How an applier is set up. */
export type Config = ServiceConfig & {
  readonly applier: string;
  /** The age identity to which kubeconfigs and values of Secrets are sealed. */
  readonly identity: string;
  readonly hmacKey: Uint8Array;
  /** The kubeconfig of an agent, which serves one cluster and brings its own. */
  readonly kubeconfig?: string;
  /** Where the audit logs of API servers come from. */
  readonly audit: AuditSources;
};
/** Injection token of {@link Config}. */
export const Config = Symbol('Config');

const derivedKey = (identity: string, use: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(hmacHex(new TextEncoder().encode(identity), use), 'hex'));

/** An agent is whom the word says that it joins with, and keeps nothing between two starts. */
const agentConfig = (env: NodeJS.ProcessEnv): Config => {
  const given = { SYNCLINE_KUBECONFIG: kubeconfigOfPod(env), ...env };
  const own = readEnvironment('the agent', agentEnvironment, given);
  const { SYNCLINE_JOIN: join, SYNCLINE_KUBECONFIG: kubeconfig, ...listenAndLevel } = own;
  const { identity, server } = join;
  const service = serviceConfig(
    {
      ...listenAndLevel,
      SYNCLINE_NATS_URL: server,
      SYNCLINE_NATS_CREDENTIALS_FILE: credentialsOf(join),
      SYNCLINE_STATE_DIR: '',
      SYNCLINE_ID_KEY_FILE: derivedKey(identity, 'ids'),
    },
    { applier: `agent-${join.cluster}` },
  );
  return { ...service, identity, hmacKey: derivedKey(identity, 'values'), kubeconfig, audit: auditOf(own) };
};

const hubConfig = (env: NodeJS.ProcessEnv): Config => {
  const own = readEnvironment('the applier', environment, env);
  return {
    ...serviceConfig(own, { applier: own.SYNCLINE_APPLIER }),
    identity: own.SYNCLINE_IDENTITY_FILE.trim(),
    hmacKey: own.SYNCLINE_HMAC_KEY_FILE,
    audit: auditOf(own),
  };
};

/**
 * Reads the environment: that of an agent where it holds a word to join with, else that of the applier beside the hub. Throws
 * one message that names each variable that is wrong.
 */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config =>
  Object.freeze(env.SYNCLINE_JOIN === undefined ? hubConfig(env) : agentConfig(env));
