import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the API server of a local cluster tells what it was asked; nowhere where neither log nor webhook is given. */
export type AuditOptions = {
  /** The API server writes one line of JSON per answered request here: who, with what program, did what. */
  readonly auditLog?: string;
  /** A kubeconfig that names where the API server sends the same, in batches of at most a second. */
  readonly auditWebhook?: string;
  /** The file that says what of a request is told; every answered one without bodies where it is left out. */
  readonly auditPolicy?: string;
  /** How much is told of each request: all bodies, Secrets too, in `RequestResponse`; `Metadata` if absent. Not beside a policy. */
  readonly auditLevel?: 'Metadata' | 'RequestResponse';
};

/** Every answered request (audit.k8s.io/v1). */
const writeAuditPolicy = async (file: string, level: string): Promise<string> => {
  const kind = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' };
  const policy = { ...kind, omitStages: ['RequestReceived'], rules: [{ level }] };
  await writeFile(file, JSON.stringify(policy));
  return file;
};

/** What the API server needs to tell of every request that it has answered. */
export const auditFlags = async (
  dir: string,
  { auditLog, auditWebhook, auditPolicy, auditLevel = 'Metadata' }: AuditOptions,
): Promise<Record<string, string>> => {
  if (auditLog === undefined && auditWebhook === undefined) return {};
  return {
    'audit-policy-file': auditPolicy ?? (await writeAuditPolicy(join(dir, 'audit-policy.json'), auditLevel)),
    ...(auditLog !== undefined && { 'audit-log-path': auditLog }),
    ...(auditWebhook !== undefined && {
      'audit-webhook-config-file': auditWebhook,
      'audit-webhook-batch-max-wait': '1s',
      'audit-webhook-initial-backoff': '1s',
    }),
  };
};
