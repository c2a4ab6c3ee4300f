import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';

import type { Surroundings } from './shell/surroundings.js';

/** One line of a person at the terminal; the end of the input is an empty one. */
const ask = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await Promise.race([
      lines.question(question),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ]);
  } finally {
    lines.close();
  }
};

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
    ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
    signal: ending.signal,
  };
};
