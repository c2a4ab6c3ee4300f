import { EventStoreError } from '@syncline/event-store';
import { CommandRefused } from '@syncline/kernel';
import { KubernetesError, type ApplyOutcome } from '@syncline/kubernetes';
import { describe, expect, test } from 'vitest';

import { retryInSeconds } from './backoff.js';
import { endingOf, endingOfError, recordingOf } from './ending.js';

const attempt = { attempt: '1', plan: 'a'.repeat(64), revision: '1'.repeat(40) };
const ref = { digest: 'c'.repeat(64), size: 1, mediaType: 'application/json' };
const about = {
  inventory: ref,
  render: 'd'.repeat(64),
  manifests: ref,
  retryInSeconds: 4,
  heals: false,
  at: '2026-11-24T06:00:00.000Z',
};
const aborted: ApplyOutcome = { status: 'aborted', code: 'aborted', reason: 'stop', inventory: [] };

describe('how an apply ends', () => {
  test('stopped for a newer plan it is aborted; stopped for our sake it is errored and tried again', () => {
    expect(endingOf(aborted, { kind: 'superseded', reason: 'newer' })).toMatchObject({ status: 'aborted' });
    const interrupted = { kind: 'interrupted', code: 'applier-stopped', reason: 'bye' } as const;
    expect(endingOf(aborted, interrupted)).toMatchObject({ status: 'errored', code: 'applier-stopped' });
    expect(endingOf(aborted, undefined)).toMatchObject({ status: 'errored', code: 'applier-stopped' });
  });

  test('a refusal is final, and what may pass is tried again', () => {
    expect(endingOfError(new CommandRefused('plan-digest-mismatch', 'No.'))).toMatchObject({
      status: 'failed',
      code: 'plan-digest-mismatch',
    });
    const forbidden = new KubernetesError({ code: 'forbidden', message: 'no' });
    expect(endingOfError(forbidden)).toMatchObject({ status: 'failed', code: 'forbidden' });
    const away = new KubernetesError({ code: 'cluster-unreachable', message: 'silence' });
    expect(endingOfError(away)).toMatchObject({ status: 'errored', code: 'cluster-unreachable' });
    const full = new EventStoreError('log-full', 'full');
    expect(endingOfError(full)).toMatchObject({ status: 'errored', code: 'log-full' });
  });

  test('an error of our own is not told in its words, which might hold anything', () => {
    const ending = endingOfError(new TypeError('hunter2'));
    expect(ending).toMatchObject({ status: 'errored', code: 'internal' });
    expect(JSON.stringify(ending)).not.toContain('hunter2');
  });

  test('is recorded with the inventory, and with the time to the next try', () => {
    expect(recordingOf(attempt, { status: 'succeeded' }, about)).toMatchObject({ type: 'succeed' });
    const errored = { status: 'errored', code: 'timeout', reason: 'x'.repeat(900) } as const;
    const command = recordingOf(attempt, errored, about);
    expect(command).toMatchObject({ type: 'break-off', data: { retryInSeconds: 4, inventory: ref } });
    expect(JSON.stringify(command).length).toBeLessThan(1_000);
  });

  test('waits ever longer between attempts, two minutes at most', () => {
    expect([0, 1, 2, 3, 6, 7, 50].map(retryInSeconds)).toEqual([1, 2, 4, 8, 64, 120, 120]);
  });
});
