import 'reflect-metadata';

import { parseArgs } from 'node:util';

import { isCommandRefused } from '@syncline/kernel';
import { readKeys } from '@syncline/log-proofs';

import type { Difference } from './compare.js';
import { UnreadableSlice } from './recorded-slice.js';
import { Shadow } from './shadow.js';
import type { ShadowReport } from './shadow-report.js';
import { ShadowPlanner } from './shadow-planner.js';
import { SliceFile } from './slice-file.js';

/** A line of what this program says: how far it is, what differs, and at last what it came to or why it refuses. */
export type ShadowLine =
  | { readonly line: 'progress'; readonly what: 'verify' | 'decide'; readonly share: number }
  | { readonly line: 'difference'; readonly difference: Difference }
  | {
      readonly line: 'report';
      readonly report: ShadowReport & { readonly key: string; readonly isKeyGiven: boolean };
    }
  | { readonly line: 'refused'; readonly code: string; readonly message: string };

const say = (line: ShadowLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const everyMs = 1_000;

/** Says how far a part is, at most once a second. */
const progressOf = (what: 'verify' | 'decide') => {
  let said = performance.now();
  return (share: number): void => {
    if (performance.now() - said < everyMs) return;
    said = performance.now();
    say({ line: 'progress', what, share });
  };
};

const run = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { from: { type: 'string' }, to: { type: 'string' }, key: { type: 'string', multiple: true } },
  });
  const [path = ''] = positionals;
  const keys = readKeys(values.key ?? []);
  const { slice, verified } = await SliceFile.open(path, { keys }, progressOf('verify'));
  const planner = await ShadowPlanner.over(slice, (digest) => slice.blob(digest));
  try {
    const differs = (difference: Difference): void => say({ line: 'difference', difference });
    const [from, to] = [Number(values.from ?? 1), Math.min(Number(values.to ?? Infinity), slice.size)];
    const shadow = new Shadow(slice, planner, differs, { from, to });
    const decided = progressOf('decide');
    const report = await shadow.run((sequence) => decided(sequence / to));
    const { key, isKeyGiven } = verified;
    say({ line: 'report', report: { ...report, key, isKeyGiven } });
  } finally {
    await planner.close();
    await slice.close();
  }
};

run().catch((error: unknown) => {
  const code = isCommandRefused(error)
    ? error.code
    : error instanceof UnreadableSlice
      ? 'slice-unreadable'
      : 'failed';
  say({ line: 'refused', code, message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
