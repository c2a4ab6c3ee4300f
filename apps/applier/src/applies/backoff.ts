const firstSeconds = 1;
const longestSeconds = 120;

/** How long to wait before another attempt, in whole seconds, after this many broke: 1, 2, 4, …, 120. */
export const retryInSeconds = (errors: number): number =>
  Math.min(longestSeconds, firstSeconds * 2 ** Math.min(errors, 10));
