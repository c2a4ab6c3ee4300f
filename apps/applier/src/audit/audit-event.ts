import type { ForeignWrite } from '@syncline/events';
import { fieldManager } from '@syncline/kubernetes';
import { z } from 'zod';

/** What is read of an event of audit.k8s.io/v1; bodies, where a policy has them, are passed over and never kept. */
const audited = z.object({
  auditID: z.string().min(1).max(100),
  stage: z.string(),
  requestURI: z.string().max(10_000).default(''),
  verb: z.string(),
  user: z.object({ username: z.string().max(500).default('') }).default({ username: '' }),
  impersonatedUser: z.object({ username: z.string().max(500) }).optional(),
  sourceIPs: z.array(z.string().max(100)).optional(),
  userAgent: z.string().max(2_000).optional(),
  objectRef: z
    .object({
      resource: z.string().max(300),
      namespace: z.string().max(300).optional(),
      name: z.string().max(300).optional(),
      apiGroup: z.string().max(300).optional(),
      subresource: z.string().max(300).optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
  stageTimestamp: z.iso.datetime({ offset: true }),
});

/** A write of somebody else, on an object by its resource as the API server names it. */
export type AuditedWrite = Omit<ForeignWrite, 'object'> & {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
};

/** A write, or why the event is none that counts. */
export type ReadAudit = AuditedWrite | 'malformed' | 'read' | 'ours' | 'failed';

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);
const longest = 200;

const managerOf = (uri: string, userAgent: string | undefined): string | undefined => {
  const asked = URL.parse(uri, 'http://any')?.searchParams;
  // Whoever names no manager is taken for the first part of its user agent (apiserver, handlers/create.go).
  return asked?.get('fieldManager')?.slice(0, longest) ?? userAgent?.split('/')[0]?.slice(0, longest);
};

const isDryRun = (uri: string): boolean => URL.parse(uri, 'http://any')?.searchParams.has('dryRun') === true;

/** Reads one event of the audit log. Pure; `withSourceIp` says whether the address is kept. */
export const readAudit = (
  event: unknown,
  { withSourceIp }: { readonly withSourceIp: boolean },
): ReadAudit => {
  const parsed = audited.safeParse(event);
  if (!parsed.success) return 'malformed';
  const { auditID, stage, verb, objectRef, requestURI, userAgent, user, impersonatedUser } = parsed.data;
  if (stage !== 'ResponseComplete' || !writing.has(verb) || isDryRun(requestURI)) return 'read';
  if (objectRef?.name === undefined || objectRef.subresource === 'status') return 'read';
  if ((parsed.data.responseStatus?.code ?? 0) >= 300) return 'failed';
  const manager = managerOf(requestURI, userAgent);
  if (manager === fieldManager) return 'ours';
  const [sourceIp] = withSourceIp ? (parsed.data.sourceIPs ?? []) : [];
  return {
    ...{ audit: auditID, verb, user: impersonatedUser?.username ?? user.username },
    ...(userAgent !== undefined && { userAgent: userAgent.slice(0, longest) }),
    ...(manager !== undefined && manager !== '' && { manager }),
    at: new Date(parsed.data.stageTimestamp).toISOString(),
    ...(sourceIp !== undefined && { sourceIp }),
    ...{ group: objectRef.apiGroup ?? '', resource: objectRef.resource },
    ...{ namespace: objectRef.namespace ?? '', name: objectRef.name },
  };
};
