import type { ObjectName } from '@syncline/events';

import { formatObject, type KubernetesError } from '../kubernetes-error.js';

/** Ends an apply early; caught where the outcome is made. */
export class ApplyEnd extends Error {
  override readonly name = 'ApplyEnd';

  constructor(
    readonly status: 'failed' | 'errored' | 'stale' | 'aborted',
    readonly code: string,
    reason: string,
    readonly object?: ObjectName,
    cause?: unknown,
  ) {
    super(reason, { cause });
  }
}

/** The live state is not the one that the plan presumes. */
export const stale = (object: ObjectName, what: string): ApplyEnd =>
  new ApplyEnd('stale', 'plan-stale', `${formatObject(object)}: ${what}`, object);

/** The cluster said no. */
export const failed = (object: ObjectName, code: string, what: string): ApplyEnd =>
  new ApplyEnd('failed', code, `${formatObject(object)}: ${what}`, object);

/** What a failure of the cluster makes of an apply: ours to try again, or its refusal. */
export const endedBy = (error: KubernetesError, object: ObjectName | undefined): ApplyEnd =>
  new ApplyEnd(error.retryable ? 'errored' : 'failed', error.code, error.message, object, error);
