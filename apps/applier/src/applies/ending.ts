import type { Attempt, RecordResults, TargetCommand } from '@syncline/domain';
import type { ObjectName } from '@syncline/events';
import { AdapterError, isCommandRefused, type BlobRef } from '@syncline/kernel';
import { fieldManager, isKubernetesError, type ApplyOutcome } from '@syncline/kubernetes';

/** Why an attempt was told to stop at a safe point. */
export type Stop =
  /** The plan is not current any more. */
  | { readonly kind: 'superseded'; readonly reason: string }
  /** We are shutting down, or the log is out of reach: the plan is taken up again. */
  | { readonly kind: 'interrupted'; readonly code: string; readonly reason: string }
  /** Another attempt at this target began elsewhere; what this one came to is not ours to say. */
  | { readonly kind: 'replaced' };

/** How an attempt ended, before it is recorded. */
export type Ending =
  | { readonly status: 'succeeded' }
  | {
      readonly status: 'failed' | 'errored' | 'stale' | 'aborted';
      readonly object?: ObjectName;
      readonly code: string;
      readonly reason: string;
    };

const longestReason = 500;

/** How an attempt ends that was not stopped for its plan's sake: it is taken up again. */
export const interruptedBy = (stop?: Stop): Ending =>
  stop?.kind === 'interrupted'
    ? { status: 'errored', code: stop.code, reason: stop.reason }
    : { status: 'errored', code: 'applier-stopped', reason: 'The applier is shutting down.' };

/** What an outcome means, where the attempt was told to stop and where it was not. */
export const endingOf = (outcome: ApplyOutcome, stop: Stop | undefined): Ending => {
  if (outcome.status === 'succeeded') return { status: 'succeeded' };
  const { object, code, reason } = outcome;
  if (outcome.status === 'aborted' && stop?.kind !== 'superseded') return interruptedBy(stop);
  return { status: outcome.status, ...(object && { object }), code, reason };
};

/** What a thrown error means: a refusal or a final no failed, what may help another time errored. */
export const endingOfError = (error: unknown): Ending => {
  if (isCommandRefused(error)) return { status: 'failed', code: error.code, reason: error.message };
  if (isKubernetesError(error)) {
    const { target: object, code, message: reason } = error;
    return { status: error.retryable ? 'errored' : 'failed', ...(object && { object }), code, reason };
  }
  if (error instanceof AdapterError) {
    const isFinal = error.code === 'cannot-unseal';
    return { status: isFinal ? 'failed' : 'errored', code: error.code, reason: error.message };
  }
  return {
    status: 'errored',
    code: 'internal',
    reason: 'The applier met an error of its own; its log tells more.',
  };
};

/** The command that records an ending. */
export const recordingOf = (
  { attempt }: Attempt,
  ending: Ending,
  about: {
    readonly inventory: BlobRef | undefined;
    readonly render: string;
    readonly manifests: BlobRef;
    readonly retryInSeconds: number;
    /** Whether the plan is one that heals. */
    readonly heals: boolean;
    /** RFC 3339. */
    readonly at: string;
    /** What the attempt did last. */
    readonly results?: RecordResults;
  },
): TargetCommand => {
  const { inventory, render, manifests, retryInSeconds, heals, at, results } = about;
  const last = results ? { results } : {};
  const held = inventory ? { inventory } : {};
  if (ending.status === 'succeeded') {
    if (!inventory) throw new TypeError('an apply that succeeded has an inventory');
    const data = { attempt, inventory, render, manifests };
    return { type: 'succeed', data, heals, at, manager: fieldManager, ...last };
  }
  const { object, code } = ending;
  const reason = ending.reason.slice(0, longestReason);
  const named = object ? { object } : {};
  switch (ending.status) {
    case 'failed':
      return { type: 'fail', data: { attempt, ...named, code, reason, ...held }, ...last };
    case 'errored':
      return {
        type: 'break-off',
        data: { attempt, ...named, code, reason, ...held, retryInSeconds },
        ...last,
      };
    case 'stale':
      return { type: 'find-stale', data: { attempt, ...named, reason, ...held }, ...last };
    case 'aborted':
      return { type: 'abort', data: { attempt, reason, ...held }, ...last };
    default:
      return ending satisfies never;
  }
};
