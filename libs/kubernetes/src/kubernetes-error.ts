import { AdapterError } from '@syncline/kernel';
import type { ObjectName } from '@syncline/events';

/** What a cluster, or the way to it, can have against a request; classified once, where the answer arrives. */
export const kubernetesCodes = [
  'cluster-unreachable', 'timeout', 'throttled', 'server-fault', 'unauthorized', 'forbidden', 'not-found',
  'namespace-absent', 'namespace-terminating', 'kind-unknown', 'conflict-version', 'conflict-field-manager',
  'conflict-exists', 'uid-mismatch', 'invalid', 'immutable', 'schema', 'dry-run-unsupported', 'expired', 'bad-request',
  'kubeconfig-invalid',
] as const; // prettier-ignore
export type KubernetesCode = (typeof kubernetesCodes)[number];

const retryable: ReadonlySet<KubernetesCode> = new Set<KubernetesCode>([
  'cluster-unreachable',
  'timeout',
  'throttled',
  'server-fault',
]);

/** The fields that one other manager holds. */
export type HeldFields = { readonly manager: string; readonly paths: readonly string[] };

/** What is known of a failure besides its code. */
export type FailureDetails = {
  readonly code: KubernetesCode;
  readonly message: string;
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  readonly field?: string;
  readonly conflicts?: readonly HeldFields[];
  /** No answer came in time: asking again at once would only wait again. */
  readonly isTimedOut?: boolean;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
};

/** A failure of a cluster. `message` never holds a value of a Secret. */
export class KubernetesError extends AdapterError {
  override readonly name = 'KubernetesError';
  declare readonly code: KubernetesCode;

  constructor(
    readonly details: FailureDetails,
    readonly target?: ObjectName,
    cause?: unknown,
  ) {
    const object = target === undefined ? undefined : formatObject(target);
    super({
      code: details.code,
      message: details.message,
      retryable: retryable.has(details.code),
      ...(object !== undefined && { object }),
      cause,
    });
  }
}

/** Whether a thrown value is a {@link KubernetesError}, of one of these codes where some are named. */
export const isKubernetesError = (
  error: unknown,
  ...codes: readonly KubernetesCode[]
): error is KubernetesError =>
  error instanceof KubernetesError && (codes.length === 0 || codes.includes(error.code));

/** An object as people write it: `Deployment checkout/web`. */
export const formatObject = ({ kind, namespace, name }: ObjectName): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
