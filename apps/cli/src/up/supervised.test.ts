import { describe, expect, it } from 'vitest';

import { pauseAfter } from './supervised.js';

const failed = { inOrder: false, ranMs: 100 };
const pausesOf = (ends: readonly Parameters<typeof pauseAfter>[0][]): readonly number[] =>
  ends.reduce<number[]>((pauses, end) => [...pauses, pauseAfter(end, pauses.at(-1))], []);

describe('what is started again', () => {
  it('waits ever longer while it fails, up to half a minute', () => {
    const seconds = pausesOf(Array.from({ length: 7 }, () => failed)).map((pause) => pause / 1000);
    expect(seconds).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('waits no longer for having been told to end', () => {
    expect(pausesOf([failed, failed, { inOrder: true, ranMs: 100 }, failed])).toEqual([
      1_000, 2_000, 1_000, 2_000,
    ]);
  });

  it('waits no longer where it ran for a while before', () => {
    expect(pausesOf([failed, failed, { inOrder: false, ranMs: 11_000 }])).toEqual([1_000, 2_000, 1_000]);
  });
});
