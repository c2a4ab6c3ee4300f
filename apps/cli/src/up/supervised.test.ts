import { describe, expect, it } from 'vitest';

import { pauseAfter } from './supervised.js';

const atOnceMs = 100;
const pausesOf = (runs: readonly number[]): readonly number[] =>
  runs.reduce<number[]>((pauses, ranMs) => [...pauses, pauseAfter(ranMs, pauses.at(-1), 1_000)], []);

describe('what is started again', () => {
  it('waits ever longer while it ends soon after its start, up to half a minute', () => {
    const seconds = pausesOf(Array.from({ length: 7 }, () => atOnceMs)).map((pause) => pause / 1000);
    expect(seconds).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('waits no longer where it ran for a while before', () => {
    expect(pausesOf([atOnceMs, atOnceMs, 11_000, atOnceMs])).toEqual([1_000, 2_000, 1_000, 2_000]);
  });
});
