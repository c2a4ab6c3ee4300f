import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { delayMs, PollSchedule, type Polled } from './poll-schedule.js';

const unchanged: Polled = { outcome: 'unchanged', pollSeconds: 30 };
const failed: Polled = { outcome: 'failed', pollSeconds: 30 };

/** A schedule whose polls end when the test says so. */
const scheduleOf = (answers: (repository: string, count: number) => Promise<Polled>, concurrency = 8) => {
  const polled: string[] = [];
  const errors: unknown[] = [];
  const schedule = new PollSchedule({
    poll: (repository) => {
      polled.push(repository);
      return answers(repository, polled.length);
    },
    onError: (_, error) => errors.push(error),
    concurrency,
    random: () => 0.5,
  });
  return { schedule, polled, errors };
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a schedule', () => {
  test('polls at once, and then at the interval of the registration', async () => {
    const { schedule, polled } = scheduleOf(() => Promise.resolve(unchanged));
    void schedule.hasten('fleet');
    await vi.advanceTimersByTimeAsync(29_999);
    expect(polled).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(polled).toHaveLength(2);
    await schedule.stop();
  });

  test('polls once more after a hint that came during a poll, however many came', async () => {
    let end: (polled: Polled) => void = () => undefined;
    const { schedule, polled } = scheduleOf((_, count) =>
      count === 1 ? new Promise((resolve) => (end = resolve)) : Promise.resolve(unchanged),
    );
    void schedule.hasten('fleet');
    await vi.advanceTimersByTimeAsync(0);
    for (let hints = 0; hints < 5; hints += 1) void schedule.hasten('fleet');
    await vi.advanceTimersByTimeAsync(0);
    expect(polled).toHaveLength(1);
    end(unchanged);
    await vi.advanceTimersByTimeAsync(100);
    expect(polled).toHaveLength(2);
    await schedule.stop();
  });

  test('tells who asked what the next poll came to, not the one that is under way', async () => {
    const ends: ((polled: Polled) => void)[] = [];
    const { schedule } = scheduleOf(() => new Promise((resolve) => ends.push(resolve)));
    const first = schedule.hasten('fleet');
    await vi.advanceTimersByTimeAsync(0);
    const second = schedule.hasten('fleet');
    ends[0]?.(unchanged);
    await expect(first).resolves.toEqual(unchanged);
    await vi.advanceTimersByTimeAsync(100);
    ends[1]?.(failed);
    await expect(second).resolves.toEqual(failed);
    const third = schedule.hasten('fleet');
    await vi.advanceTimersByTimeAsync(0);
    const fourth = schedule.hasten('fleet');
    const stopping = schedule.stop();
    ends[2]?.(unchanged);
    await stopping;
    await expect(Promise.all([third, fourth])).resolves.toEqual([unchanged, undefined]);
    await expect(schedule.hasten('fleet')).resolves.toBeUndefined();
  });

  test('waits longer after each failure, and no longer after a success', async () => {
    const { schedule, polled } = scheduleOf((_, count) => Promise.resolve(count <= 3 ? failed : unchanged));
    void schedule.hasten('fleet');
    for (const [seconds, polls] of [
      [30, 2],
      [60, 3],
      [120, 4],
      [30, 5],
    ] as const) {
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      expect(polled).toHaveLength(polls);
    }
    await schedule.stop();
  });

  test('goes on after an error of ours, and tells of it', async () => {
    const { schedule, polled, errors } = scheduleOf(() =>
      Promise.reject(new Error('the log is out of reach')),
    );
    void schedule.hasten('fleet');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(polled).toHaveLength(2);
    expect(errors).toHaveLength(2);
    await schedule.stop();
  });

  test('polls no more at once than it may, and each repository once', async () => {
    const ends: (() => void)[] = [];
    const { schedule, polled } = scheduleOf(
      () => new Promise((resolve) => ends.push(() => resolve(unchanged))),
      2,
    );
    for (const repository of ['a', 'b', 'c', 'a']) void schedule.hasten(repository);
    await vi.advanceTimersByTimeAsync(0);
    expect(polled).toEqual(['a', 'b']);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(polled.slice(0, 3)).toEqual(['a', 'b', 'c']);
    const stopped = schedule.stop();
    for (let more = 0; more < 5; more += 1) {
      for (const end of ends.splice(0)) end();
      await vi.advanceTimersByTimeAsync(0);
    }
    await stopped;
  });

  test('begins nothing after it was stopped', async () => {
    const { schedule, polled } = scheduleOf(() => Promise.resolve(unchanged));
    void schedule.hasten('fleet');
    await schedule.stop();
    void schedule.hasten('other');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(polled).toEqual(['fleet']);
  });
});

describe('the delay', () => {
  test('is never shorter than four fifths of the interval, nor longer than six fifths of five minutes or the interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 86_400 }),
        fc.nat(1000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (pollSeconds, failures, random) => {
          const delay = delayMs(pollSeconds, failures, random);
          expect(delay).toBeGreaterThanOrEqual(pollSeconds * 800 - 1);
          expect(delay).toBeLessThanOrEqual(Math.max(pollSeconds * 1000, 300_000) * 1.2 + 1);
        },
      ),
    );
  });
});
