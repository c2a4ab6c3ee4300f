import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { CommandRefused } from '@syncline/kernel';

import { root } from '../shell/session.js';
import { shadowLine, type ShadowLine } from './shadow-lines.js';

const program = join(root, 'apps', 'planner', 'dist', 'shadow', 'main.js');

/** Which file, which of its messages are compared, and which keys are trusted. */
export type ShadowedFile = {
  readonly file: string;
  readonly from?: number;
  readonly to?: number;
  readonly key?: readonly string[];
};

const argumentsOf = ({ file, from, to, key = [] }: ShadowedFile): readonly string[] => [
  ...(from === undefined ? [] : [`--from=${from}`]),
  ...(to === undefined ? [] : [`--to=${to}`]),
  ...key.map((one) => `--key=${one}`),
  '--',
  file,
];

/** Runs the planner of this checkout over an export, in a process of its own: each line that it says, until it ends. */
export const runPlanner = async function* (
  shadowed: ShadowedFile,
  signal: AbortSignal,
): AsyncGenerator<ShadowLine> {
  const child = spawn(process.execPath, [program, ...argumentsOf(shadowed)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2_000)));
  let isWhole = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const read = shadowLine.parse(JSON.parse(line));
    isWhole ||= read.line === 'report' || read.line === 'refused';
    yield read;
  }
  await ended;
  if (isWhole) return;
  throw new CommandRefused('shadow-ended', `The planner ended before it was done. ${said.trim()}`.trim());
};
