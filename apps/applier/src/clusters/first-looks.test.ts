import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { FirstLooks } from './first-looks.js';

describe('the first looks of an applier', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const missing = (cluster: string): string => `cluster ${cluster} has not been looked at since the start`;

  test('are missing until it is known which clusters there are, and each was looked at', () => {
    const looks = new FirstLooks();
    expect(looks.missing).toEqual(['which clusters it serves is not known yet']);
    looks.begin(['a', 'b']);
    expect(looks.missing).toEqual([missing('a'), missing('b')]);
    looks.done('a');
    expect(looks.missing).toEqual([missing('b')]);
    looks.done('b');
    expect(looks.missing).toEqual([]);
  });

  test('are not missing where nobody says in time what it serves', () => {
    const looks = new FirstLooks();
    looks.start();
    vi.advanceTimersByTime(1_999);
    expect(looks.missing).toEqual(['which clusters it serves is not known yet']);
    vi.advanceTimersByTime(1);
    expect(looks.missing).toEqual([]);
  });

  test('of a cluster that comes later are not waited for', () => {
    const looks = new FirstLooks();
    looks.begin(['a']);
    looks.done('a');
    looks.begin(['a', 'b']);
    expect(looks.missing).toEqual([]);
  });

  test('of a cluster that never ends one are given up', () => {
    const looks = new FirstLooks();
    looks.start();
    looks.begin(['a', 'b']);
    looks.done('a');
    vi.advanceTimersByTime(29_999);
    expect(looks.missing).toEqual([missing('b')]);
    vi.advanceTimersByTime(1);
    expect(looks.missing).toEqual([]);
  });

  test('of a thousand clusters are told in a few sentences', () => {
    const looks = new FirstLooks();
    looks.begin(Array.from({ length: 1_000 }, (_, at) => `c${at}`));
    expect(looks.missing).toHaveLength(6);
    expect(looks.missing.at(-1)).toBe('995 more clusters have not been looked at since the start');
  });
});
