/** Tells whoever watches what is going on: one line, a sentence or a part of one. */
export type Say = (line: string) => void;

/** Puts the seconds since the beginning before each line. */
export const sayWithSeconds = (write: (line: string) => void, now: () => number = Date.now): Say => {
  const began = now();
  return (line) => write(`${((now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
};
