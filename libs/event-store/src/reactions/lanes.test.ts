import type { LogMessage, StoredEvent } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';

import { encodeDecision, idsOf } from '../decision.js';
import { because, notes } from '../contract/notes.js';
import type { Delivery } from './delivery.js';
import { Lanes, usualPatience } from './lanes.js';

const idKey = new Uint8Array(32);

const messageOf = (subject: string, sequence: number): LogMessage => {
  const cause = because();
  const events = notes.decider.decide([], { texts: [subject] });
  const time = '2026-05-04T14:31:00.000Z';
  const ids = idsOf(idKey, subject, cause);
  const bytes = encodeDecision({ subject, events, cause, ids, source: '/syncline/test', time });
  return { subject, sequence, recordedAt: time, recordedAtNs: 0n, bytes };
};

/** Lanes whose waits end only when they are stopped. */
const lanesOf = (width: number, handle: (event: StoredEvent) => Promise<void>) => {
  const acked: number[] = [];
  const lanes = new Lanes(
    { name: 'work', subjects: [], handlers: new Map([['ClusterRelabelled', [handle]]]) },
    {
      patience: usualPatience,
      read: () => Promise.resolve([]),
      isParked: () => false,
      park: () => Promise.resolve(),
      isConnected: () => true,
      onFailure: () => undefined,
      delay: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    },
    width,
  );
  onTestFinished(() => lanes.stop());
  const push = (subject: string, sequence: number): void => {
    const message = messageOf(subject, sequence);
    const delivery: Delivery = { message, ack: () => void acked.push(sequence), working: () => undefined };
    lanes.push(delivery);
  };
  return { push, acked, lanes };
};

describe('lanes', () => {
  test('handle other subjects while as many as there are lanes wait for their next attempt', async () => {
    const { push, acked } = lanesOf(2, ({ subject }) =>
      subject.endsWith('fine') ? Promise.resolve() : Promise.reject(new Error('not yet')),
    );
    ['ev.fleet.a', 'ev.fleet.b', 'ev.fleet.c', 'ev.fleet.fine'].forEach((one, at) => push(one, at + 1));
    await eventually(() => acked.length > 0, 2_000, 'the fourth is handled');
    expect(acked).toEqual([4]);
  });

  test('handle at most as many subjects at once as there are lanes', async () => {
    let inside = 0;
    let most = 0;
    const { push, acked } = lanesOf(3, async () => {
      most = Math.max(most, (inside += 1));
      await new Promise(setImmediate);
      inside -= 1;
    });
    for (let at = 1; at <= 20; at += 1) push(`ev.fleet.${at}`, at);
    await eventually(() => acked.length === 20, 2_000, 'all are handled');
    expect(most).toBe(3);
  });

  test('hold a delivery once, however often it comes while its subject is busy', async () => {
    const { push, lanes } = lanesOf(1, () => Promise.reject(new Error('not yet')));
    for (const sequence of [1, 2, 2, 1, 2]) push('ev.fleet.a', sequence);
    await Promise.resolve();
    expect(lanes.held).toBe(2);
  });
});
