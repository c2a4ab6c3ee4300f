/** A signal for one piece of work. It has to be ended with the work. */
export type Bound = {
  /** Aborted with a `TimeoutError` where the work takes too long, and with the reason of the outer signal where that is aborted. */
  readonly signal: AbortSignal;
  readonly end: () => void;
};

/**
 * The time that a piece of work may take, and an outer signal, as one signal. Unlike `AbortSignal.any` with
 * `AbortSignal.timeout`, which stay until the time is over, it leaves nothing behind once the work has ended.
 */
export const boundedBy = (withinMs: number, outer: AbortSignal | undefined): Bound => {
  const bound = new AbortController();
  const timer = setTimeout(
    () => bound.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    withinMs,
  );
  timer.unref();
  const follow = (): void => bound.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  const end = (): void => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', follow);
  };
  return { signal: bound.signal, end };
};
