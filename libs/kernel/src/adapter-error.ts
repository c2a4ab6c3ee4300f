/**
 * A failure at the edge of an adapter, classified once there. Each adapter has one subclass.
 * `code` is stable and kebab-case, `object` names what was involved, `retryable` says whether trying again may help.
 */
export abstract class AdapterError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly object: string | undefined;

  constructor(details: {
    code: string;
    retryable: boolean;
    message: string;
    object?: string;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.code = details.code;
    this.retryable = details.retryable;
    this.object = details.object;
  }
}
