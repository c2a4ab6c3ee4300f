import { Metrics } from '@syncline/observability';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ProjectionMetrics } from './projection-metrics.js';

const world = () => {
  const said: string[] = [];
  const say = (_: object, message: string): void => void said.push(message);
  const report = new ProjectionMetrics(new Metrics('api'), { error: say, warn: say, info: say });
  return { said, report };
};

describe('what is said of the views', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is one line where Postgres goes away, however often it is tried, and one where it is back', () => {
    const { said, report } = world();
    for (let attempt = 0; attempt < 100; attempt += 1) report.failed(new Error('refused'));
    expect(said).toEqual(['waiting for Postgres: the views are away']);
    report.back(7);
    report.failed(new Error('refused'));
    expect(said).toEqual([
      'waiting for Postgres: the views are away',
      'the views are there',
      'waiting for Postgres: the views are away',
    ]);
  });

  test('is how far they are made anew, every few seconds', () => {
    const { said, report } = world();
    for (let at = 0; at <= 1_000_000; at += 5_000) {
      report.rebuilding(at, 1_000_000);
      vi.advanceTimersByTime(150);
    }
    expect(said[0]).toBe('the views are made anew: 0 of 1000000 messages');
    expect(said.length).toBeGreaterThan(4);
    expect(said.length).toBeLessThan(9);
  });
});
