import { text } from 'node:stream/consumers';

import type { Surroundings } from './shell/surroundings.js';

/** The real surroundings: the only place that reads the process's environment, and its signals. */
export const readSurroundings = (): Omit<Surroundings, 'setExitCode'> => {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());
  const plain = process.env.NO_COLOR !== undefined || process.env.TERM === 'dumb';
  return {
    environment: process.env,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    colour: process.stdout.isTTY && !plain,
    now: () => new Date(),
    readInput: () => text(process.stdin),
    signal: ending.signal,
  };
};
