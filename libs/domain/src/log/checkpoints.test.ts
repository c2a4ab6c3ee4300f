import type { CheckpointEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import { describe, expect, test } from 'vitest';

import { checkpointsAggregate, type CheckpointsCommand } from './checkpoints.js';

const { decider } = checkpointsAggregate;
const origin = 'syncline.test/log';
const announce = (key: string, previous?: string): CheckpointsCommand => ({
  type: 'announce',
  data: { origin, key, note: `note of ${key}`, ...(previous !== undefined && { previous }) },
});
const sign = (size: number, root = 'a', key = 'key 1'): CheckpointsCommand => ({
  type: 'sign',
  data: { origin, size, root: root.repeat(64), key, note: `${size} by ${key}` },
});
const after = (...commands: readonly CheckpointsCommand[]) => {
  const history: CheckpointEvent[] = [];
  for (const command of commands) history.push(...decider.decide(fold(decider, history), command));
  return { state: fold(decider, history), history };
};

describe('the key of checkpoints', () => {
  test('is announced once', () => {
    const { history } = after(announce('key 1'), announce('key 1'));
    expect(history.map(({ type }) => type)).toEqual(['CheckpointKeyAnnounced']);
  });

  test('gives way to one that it has signed, and to no other', () => {
    const { state } = after(announce('key 1'), announce('key 2', 'key 1'));
    expect(state.key).toBe('key 2');
    expect(() => decider.decide(state, announce('key 3'))).toThrow(/SYNCLINE_CHECKPOINT_PREVIOUS_KEY_FILE/);
    expect(() => decider.decide(state, announce('key 3', 'key 1'))).toThrow(/signed by key 2/);
    expect(() => decider.decide(state, sign(3))).toThrow(/not the key/);
  });

  test('signs for one log alone', () => {
    const { state } = after(announce('key 1'));
    const other: CheckpointsCommand = { type: 'announce', data: { origin: 'other', key: 'key 2', note: '' } };
    expect(() => decider.decide(state, other)).toThrow(/SYNCLINE_LOG_ORIGIN/);
  });
});

describe('checkpoints', () => {
  test('follow each other, and one that is there is not signed again', () => {
    const { history, state } = after(announce('key 1'), sign(1), sign(1), sign(7, 'b'));
    expect(history.map(({ type }) => type)).toEqual([
      'CheckpointKeyAnnounced',
      'CheckpointSigned',
      'CheckpointSigned',
    ]);
    expect(state.last?.size).toBe(7);
  });

  test('never go back, and never say another thing of the same messages', () => {
    const { state } = after(announce('key 1'), sign(7));
    expect(decider.decide(state, sign(6))).toEqual([]);
    expect(() => decider.decide(state, sign(7, 'b'))).toThrow(/was replaced/);
  });
});
