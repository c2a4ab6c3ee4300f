import type { LogMessage } from '@syncline/kernel';
import { describe, expect, test } from 'vitest';

import { ClusterHistory, HistoryRoom } from './cluster-history.js';

const message = (sequence: number, subject: string): LogMessage => ({
  sequence,
  subject,
  recordedAt: '2026-05-04T14:31:00.000Z',
  recordedAtNs: 0n,
  bytes: new Uint8Array(100),
});
const sequences = (messages: readonly LogMessage[]): readonly number[] =>
  messages.map(({ sequence }) => sequence);

/** A cluster's log of subjects in turn, and from where it was swept. */
const historyOf = (subjects: readonly string[], roomBytes = 1_000_000) => {
  const log = subjects.map((subject, at) => message(at + 1, subject));
  const swept: number[] = [];
  const sweep = async function* (after: number): AsyncIterable<LogMessage> {
    swept.push(after);
    await Promise.resolve();
    yield* log.slice(after);
  };
  const append = (subject: string): void => void log.push(message(log.length + 1, subject));
  return { history: new ClusterHistory(sweep, new HistoryRoom(roomBytes)), swept, append };
};

describe('the history of a cluster', () => {
  test('is swept once for all who wait and for all who ask next', async () => {
    const { history, swept } = historyOf(['a', 'b', 'a', 'c', 'b']);
    const [a, b] = await Promise.all([history.read('a', 0, 3), history.read('b', 0, 5)]);
    expect([a, b].map(sequences)).toEqual([
      [1, 3],
      [2, 5],
    ]);
    expect(sequences(await history.read('c', 0, 4))).toEqual([4]);
    expect(sequences(await history.read('b', 2, 5))).toEqual([5]);
    expect(swept).toEqual([0]);
  });

  test('is swept from where it was left for what came since', async () => {
    const { history, swept, append } = historyOf(['a', 'b']);
    await history.read('a', 0, 1);
    append('a');
    expect(sequences(await history.read('a', 0, 3))).toEqual([1, 3]);
    expect(swept).toEqual([0, 2]);
  });

  test('is swept anew where somebody asks for more than the tail that is kept', async () => {
    const { history, swept } = historyOf(['a', 'b', 'a', 'b']);
    expect(sequences(await history.read('a', 2, 3))).toEqual([3]);
    expect(sequences(await history.read('b', 0, 4))).toEqual([2, 4]);
    expect(swept).toEqual([2, 0]);
  });

  test('that there is no room for still answers all who wait, in one sweep, and keeps nothing', async () => {
    const { history, swept } = historyOf(['a', 'b', 'c', 'a', 'b', 'c'], 700);
    const [a, b] = await Promise.all([history.read('a', 0, 4), history.read('b', 0, 5)]);
    expect([a, b].map(sequences)).toEqual([[1, 4], [2, 5]]); // prettier-ignore
    expect(sequences(await history.read('c', 0, 6))).toEqual([3, 6]);
    expect(swept).toEqual([0, 0]);
  });

  test('fails for those who wait, and works again for those who ask later', async () => {
    let isBroken = true;
    const sweep = async function* (): AsyncIterable<LogMessage> {
      yield await Promise.resolve(message(1, 'a'));
      if (isBroken) throw new Error('broke off');
      yield message(2, 'a');
    };
    const history = new ClusterHistory(sweep, new HistoryRoom(1_000));
    await expect(history.read('a', 0, 2)).rejects.toThrow('broke off');
    isBroken = false;
    expect(sequences(await history.read('a', 0, 2))).toEqual([1, 2]);
  });
});
