/** A clock of this process that a test can set, as an operator or a time server sets a machine's. */
export type SettableClock = {
  /** Sets it this many milliseconds ahead of the true time; a negative number sets it back. */
  readonly set: (aheadMs: number) => void;
  /** Lets it go right again. */
  readonly restore: () => void;
};

/** Takes the place of this process's wall clock. Timers and `performance.now` go on as they did, as they do on a machine. */
export const settableClock = (): SettableClock => {
  const RealDate = globalThis.Date;
  let ahead = 0;
  class SetDate extends RealDate {
    constructor(...values: readonly unknown[]) {
      if (values.length === 0) super(RealDate.now() + ahead);
      else super(...(values as [number]));
    }

    static override now(): number {
      return RealDate.now() + ahead;
    }
  }
  globalThis.Date = SetDate as DateConstructor;
  return {
    set: (aheadMs) => (ahead = aheadMs),
    restore: () => (globalThis.Date = RealDate),
  };
};
