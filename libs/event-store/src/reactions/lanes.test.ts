import type { LogMessage, StoredEvent } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';

import { encodeDecision, idsOf } from '../decision.js';
import { because, notes } from '../contract/notes.js';
import type { Delivery } from './delivery.js';
import { usualPatience } from './attempts.js';
import { Lanes } from './lanes.js';

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
const lanesOf = (
  width: number,
  handle: (event: StoredEvent) => Promise<void>,
  log: readonly LogMessage[] = [],
) => {
  const acked: number[] = [];
  const lanes = new Lanes(
    { name: 'work', subjects: [], handlers: new Map([['ClusterRelabelled', [handle]]]) },
    {
      patience: usualPatience,
      read: (subject, after) =>
        Promise.resolve(
          log
            .filter((one) => one.subject === subject && one.sequence > after)
            .map((message) => ({ message, events: [] })),
        ),
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

  test('leave to the log what a stuck subject has no room for, and read it there in order', async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const handled: number[] = [];
    const log = Array.from({ length: 200 }, (_, at) => messageOf('ev.fleet.a', at + 1));
    const { push, acked, lanes } = lanesOf(
      1,
      async ({ position }) => {
        await opened;
        handled.push(position.sequence);
      },
      log,
    );
    for (const { subject, sequence } of log) push(subject, sequence);
    const { held } = lanes;
    expect(held).toBeLessThan(50);
    expect(acked).toEqual(log.slice(held).map(({ sequence }) => sequence));
    open();
    await eventually(() => lanes.held === 0, 2_000, 'all are handled');
    expect(handled).toEqual(log.map(({ sequence }) => sequence));
    expect(acked.at(-1)).toBe(held);
  });

  test('do not acknowledge the last that they hold while what was left behind it is not handled', async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const log = Array.from({ length: 100 }, (_, at) => messageOf('ev.fleet.a', at + 1));
    let handled = 0;
    const { push, acked, lanes } = lanesOf(
      1,
      async () => {
        await opened;
        handled += 1;
        if (handled === 90) throw new Error('not yet');
      },
      log,
    );
    for (const { subject, sequence } of log) push(subject, sequence);
    const { held } = lanes;
    open();
    await eventually(() => handled === 90, 2_000, 'one that was left behind fails');
    await lanes.stop();
    expect(acked).not.toContain(held);
  });

  test('acknowledge at once what comes again and was handled before the first that they hold', async () => {
    const { push, acked, lanes } = lanesOf(1, () => Promise.reject(new Error('not yet')));
    for (const sequence of [7, 5, 6, 7]) push('ev.fleet.a', sequence);
    await Promise.resolve();
    expect([acked, lanes.held]).toEqual([[5, 6], 1]);
  });
});
