/** The one source of the present instant, so that tests may choose it. */
export interface Clock {
  now(): Date;
}
/** Injection token of {@link Clock}. */
export const Clock = Symbol('Clock');

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };
