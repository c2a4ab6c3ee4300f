import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `condition` until it gives something other than false, null or undefined, and returns that. Fails at the deadline with `what` was
 * waited for, and with the last error where the condition threw. What costs a process to ask is asked less often.
 */
export const eventually = async <Value>(
  condition: () => Promise<Value> | Value,
  deadlineMs: number,
  what: string,
  pollMs = 20,
): Promise<NonNullable<Exclude<Value, false>>> => {
  const deadline = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined)
        return value as NonNullable<Exclude<Value, false>>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline)
      throw new Error(`after ${deadlineMs} ms there is still not: ${what}`, { cause: last });
    await delay(pollMs);
  }
};
