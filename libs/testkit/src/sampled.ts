/** A reproducible source of numbers between 0 and 1 (mulberry32). */
export const numbersFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The seed of this run: `SYNCLINE_TEST_SEED` where somebody wants to see a run again, else a new one. */
export const seedOfRun = (): number =>
  Number(process.env.SYNCLINE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** All of it in an order that the seed decides. */
export const shuffled = <Item>(items: readonly Item[], seed: number): readonly Item[] => {
  const next = numbersFrom(seed);
  return items
    .map((item) => [next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
};

/** Whether long matrices run whole. */
export const isWholeRun = process.env.SYNCLINE_TEST_FULL === '1';
