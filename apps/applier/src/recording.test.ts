import { EventStoreError } from '@syncline/event-store';
import { describe, expect, test } from 'vitest';

import { LatestRecorder, recordUntilDone } from './recording.js';

const away = () => new EventStoreError('log-unreachable', 'away');
const untilIdle = () => new Promise<void>((resolve) => void setTimeout(resolve, 0));

describe('recording', () => {
  test('is tried again while the log is away, and not where trying does not help', async () => {
    let attempts = 0;
    const record = (): Promise<string> => {
      attempts += 1;
      return attempts < 3 ? Promise.reject(away()) : Promise.resolve('done');
    };
    expect(await recordUntilDone(record, AbortSignal.timeout(10_000))).toBe('done');
    const wrong = new EventStoreError('log-unreadable', 'wrong');
    await expect(recordUntilDone(() => Promise.reject(wrong), AbortSignal.timeout(10_000))).rejects.toBe(
      wrong,
    );
  });

  test('is given up where we end', async () => {
    expect(await recordUntilDone<string>(() => Promise.reject(away()), AbortSignal.abort())).toBeUndefined();
  });

  test('leaves out what was overtaken while an earlier one was recorded', async () => {
    const recorded: string[] = [];
    const doors: (() => void)[] = [];
    const recorder = new LatestRecorder<string>(
      async (word) => {
        await new Promise<void>((open) => doors.push(open));
        recorded.push(word);
      },
      () => undefined,
    );
    for (const word of ['first', 'overtaken', 'last']) recorder.take(word);
    while (doors.length > 0) {
      doors.shift()?.();
      await untilIdle();
    }
    await recorder.settled();
    expect(recorded).toEqual(['first', 'last']);
  });

  test('goes on with the next after one that cannot be recorded', async () => {
    const failures: unknown[] = [];
    const recorded: string[] = [];
    const recorder = new LatestRecorder<string>(
      (word) =>
        word === 'bad' ? Promise.reject(new TypeError('bad')) : Promise.resolve(recorded.push(word)),
      (error) => failures.push(error),
    );
    recorder.take('bad');
    await recorder.settled();
    recorder.take('good');
    await recorder.settled();
    expect([failures.length, recorded]).toEqual([1, ['good']]);
  });
});
