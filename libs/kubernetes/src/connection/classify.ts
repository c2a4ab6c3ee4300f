import type { ObjectName } from '@syncline/events';

import {
  formatObject,
  type FailureDetails,
  type HeldFields,
  type KubernetesCode,
} from '../kubernetes-error.js';

/** An answer that is no success. */
export type RefusedAnswer = {
  readonly status: number;
  readonly body: string;
  /** The `Retry-After` header: seconds, or a date. */
  readonly retryAfter?: string;
};

type Cause = { readonly reason?: string; readonly message?: string; readonly field?: string };
type Status = {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly kind?: string;
    readonly causes?: readonly Cause[];
    readonly retryAfterSeconds?: number;
  };
};

const readStatus = (body: string): Status | undefined => {
  try {
    const parsed = JSON.parse(body) as Status | null;
    return parsed?.kind === 'Status' ? parsed : undefined;
  } catch {
    return undefined;
  }
};

const immutableMessage =
  /immutable|may not (be changed|change)|updates to .* forbidden|cannot be changed|Forbidden: pod updates/i;
/** How structured-merge-diff and the conversion to a kind's Go type say that an object is malformed. */
const schemaMessage =
  /failed to create typed patch object|failed to convert new object|field not declared in schema|duplicate entries for key|expected .+, got /i;
const dryRunMessage = /does not support dry run/i;

/** What the server says before it comes to the point: which object it could not make sense of. */
const schemaPreamble = /^failed to (?:create typed patch object|convert new object)[^(]*\([^)]*\): /;

/** The first field in a message of structured-merge-diff: `(…): .spec.replicas: expected …`. */
const schemaField = (message: string): string | undefined =>
  /(?:\): |\n\s*|errors:\s*)(\.[^\s:]+(?:\[[^\]]*\][^\s:]*)*):/.exec(message)?.[1];

/** Who holds which fields, from the causes of a conflict: `conflict with "kubectl" using apps/v1`, field `.spec.replicas`. */
const heldFields = (causes: readonly Cause[]): readonly HeldFields[] => {
  const held = new Map<string, string[]>();
  for (const cause of causes) {
    if (cause.reason !== 'FieldManagerConflict') continue;
    const manager = /conflict with "([^"]*)"/.exec(cause.message ?? '')?.[1] ?? 'unknown';
    held.set(manager, [...(held.get(manager) ?? []), cause.field ?? '']);
  }
  return [...held].map(([manager, paths]) => ({ manager, paths }));
};

const notFound = (status: Status | undefined, target: ObjectName | undefined): KubernetesCode => {
  if (!status) return 'kind-unknown';
  return status.details?.kind === 'namespaces' && target?.kind !== 'Namespace'
    ? 'namespace-absent'
    : 'not-found';
};

const conflict = (status: Status | undefined): KubernetesCode => {
  const causes = status?.details?.causes ?? [];
  if (causes.some(({ reason }) => reason === 'FieldManagerConflict')) return 'conflict-field-manager';
  if (/uid mismatch|UID in precondition/i.test(status?.message ?? '')) return 'uid-mismatch';
  return status?.reason === 'AlreadyExists' ? 'conflict-exists' : 'conflict-version';
};

const unprocessable = (status: Status | undefined): KubernetesCode => {
  const causes = status?.details?.causes ?? [];
  if (causes.some(({ field }) => field === 'metadata.uid')) return 'uid-mismatch';
  return immutableMessage.test(causes.map(({ message }) => message).join('\n') || (status?.message ?? ''))
    ? 'immutable'
    : 'invalid';
};

const codeOf = (
  answer: RefusedAnswer,
  status: Status | undefined,
  target: ObjectName | undefined,
): KubernetesCode => {
  const message = status?.message ?? answer.body;
  const causes = status?.details?.causes ?? [];
  switch (answer.status) {
    case 400: return dryRunMessage.test(message) ? 'dry-run-unsupported' : 'bad-request';
    case 401: return 'unauthorized';
    case 403: return causes.some(({ reason }) => reason === 'NamespaceTerminating') ? 'namespace-terminating' : 'forbidden';
    case 404: return notFound(status, target);
    case 409: return conflict(status);
    case 410: return 'expired';
    case 413: return 'invalid';
    case 422: return unprocessable(status);
    case 429: return 'throttled';
    case 503: return answer.retryAfter === undefined ? 'server-fault' : 'throttled';
    case 504: return 'timeout';
    default: break;
  } // prettier-ignore
  if (answer.status < 500) return 'bad-request';
  return schemaMessage.test(message) ? 'schema' : 'server-fault';
};

/** Both forms of RFC 9110, section 10.2.3; not a number where it is neither. */
const secondsOf = (retryAfter: string): number =>
  /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;

const retryAfterMs = (answer: RefusedAnswer, status: Status | undefined): number | undefined => {
  const said = answer.retryAfter === undefined ? Number.NaN : secondsOf(answer.retryAfter);
  const seconds = Number.isNaN(said) ? (status?.details?.retryAfterSeconds ?? Number.NaN) : Math.max(0, said);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
};

const sentence = (
  code: KubernetesCode,
  text: string,
  field: string | undefined,
  target: ObjectName | undefined,
): string => {
  const subject = target === undefined ? '' : `${formatObject(target)}: `;
  // The server quotes values in its messages; about a Secret only code and field are said.
  if (target?.kind === 'Secret') return `${subject}${code}${field === undefined ? '' : ` at ${field}`}`;
  const point = target === undefined ? text : text.replace(schemaPreamble, '');
  return `${subject}${point.trim().slice(0, 1000) || code}`;
};

/** A page of a proxy, of which nothing is worth saying but that it is one. */
const isPage = (body: string): boolean => /^\s*</.test(body);

const textOf = (
  { status: number, body }: RefusedAnswer,
  status: Status | undefined,
  code: KubernetesCode,
  waitMs: number | undefined,
): string => {
  if (code === 'kind-unknown') return status?.message ?? 'the cluster does not serve this kind';
  const text =
    status?.message ?? (isPage(body) ? `status ${number}, as a page that no API server makes` : body);
  if (code !== 'throttled') return text;
  return `the API server ${waitMs === undefined ? 'throttles' : `asks to wait ${waitMs / 1000} s`}: ${text.trim()}`;
};

/** Classifies an answer of the API server. The order and wording follow what kube-apiserver 1.36 answers. */
export const classifyAnswer = (answer: RefusedAnswer, target?: ObjectName): FailureDetails => {
  const status = readStatus(answer.body);
  const code = codeOf(answer, status, target);
  const causes = status?.details?.causes ?? [];
  const wait = retryAfterMs(answer, status);
  const text = textOf(answer, status, code, wait);
  const field =
    code === 'schema' ? schemaField(text) : causes.find((cause) => cause.field !== undefined)?.field;
  return {
    code,
    status: answer.status,
    message: sentence(code, text, field, target),
    ...(field !== undefined && { field }),
    ...(code === 'conflict-field-manager' && { conflicts: heldFields(causes) }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
};

const timedOut = /timeout|ETIMEDOUT/i;

const networkReasons: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'the connection is refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'its name cannot be resolved'],
  [/ECONNRESET|EPIPE|UND_ERR_SOCKET/, 'the connection broke'],
  [timedOut, 'it does not answer in time'],
  [/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/, 'its certificate is not trusted'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no route to it'],
];

/** Classifies a failure on the way: no answer came. */
export const classifyNetwork = (server: string, error: unknown): FailureDetails => {
  const marks = describeChain(error);
  const reason = networkReasons.find(([pattern]) => pattern.test(marks))?.[1];
  return {
    code: 'cluster-unreachable',
    message: `${server} is out of reach: ${reason ?? marks.slice(0, 200)}`,
    ...(timedOut.test(marks) && { isTimedOut: true }),
  };
};

const describeChain = (error: unknown): string => {
  const parts: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    parts.push((at as NodeJS.ErrnoException).code ?? '', at.name, at.message);
    if (at instanceof AggregateError) parts.push(...at.errors.map((one: unknown) => describeChain(one)));
  }
  return parts.filter(Boolean).join(' ');
};
