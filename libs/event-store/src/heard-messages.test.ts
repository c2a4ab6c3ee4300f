import { describe, expect, it } from 'vitest';

import { HeardMessages, type HeardMessage } from './heard-messages.js';

const heard = (sequence: number, previous: number, subject = 'a', size = 10): HeardMessage => ({
  sequence,
  previous,
  subject,
  recordedAt: '2026-05-04T14:31:00.000Z',
  recordedAtNs: 0n,
  bytes: new Uint8Array(size),
});
const sequences = (messages: readonly { readonly sequence: number }[]): readonly number[] =>
  messages.map(({ sequence }) => sequence);

describe('messages that were heard', () => {
  it('are given once, from where the reader stands', () => {
    const all = new HeardMessages(1_000);
    all.hear(heard(3, 0));
    all.hear(heard(5, 3));
    all.hear(heard(5, 3));
    all.hear(heard(4, 3));
    expect(sequences(all.take('a', 3))).toEqual([5]);
    expect(all.take('a', 5)).toEqual([]);
    expect(all.bytes).toBe(0);
  });

  it('are not given to who stands before a gap', () => {
    const all = new HeardMessages(1_000);
    all.hear(heard(5, 3));
    expect(all.take('a', 0)).toEqual([]);
    all.hear(heard(9, 7));
    expect(all.take('a', 5), 'the gap forgot what was before it').toEqual([]);
    expect(sequences(all.take('a', 7))).toEqual([9]);
  });

  it('are not given where the message does not say what was before it', () => {
    const all = new HeardMessages(1_000);
    all.hear(heard(5, Number.NaN));
    expect(all.take('a', 0)).toEqual([]);
  });

  it('stay within their bound, and few of one subject', () => {
    const all = new HeardMessages(5_100);
    for (let at = 1; at <= 50; at += 1) all.hear(heard(at, 0, `subject-${at}`));
    expect(all.bytes).toBe(5_100);
    expect(sequences(all.take('subject-50', 0))).toEqual([50]);
    expect(all.take('subject-1', 0)).toEqual([]);
    const one = new HeardMessages(1_000_000);
    for (let at = 1; at <= 100; at += 1) one.hear(heard(at, at - 1));
    expect(one.bytes).toBeLessThanOrEqual(16 * 510);
  });
});
