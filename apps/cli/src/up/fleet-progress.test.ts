import { describe, expect, test } from 'vitest';

import type { Target } from '../client/contract.js';
import { countPlaced, judgeFleet, progressText, waitingText } from './fleet-progress.js';

const target = (sync: string, health = 'Current'): Target => ({
  project: 'default', application: 'a', cluster: 'c', revision: null, desiredRevision: null, plan: null, sync, health,
  since: null,
}); // prettier-ignore
const progress = (targets: Target[], expected = targets.length) => ({
  fleet: { targets, position: '1.0' },
  expected,
});

describe('a fleet', () => {
  test('is healthy once every placed target is there, in sync and Current', () => {
    expect(judgeFleet(progress([target('InSync'), target('InSync')]))).toBe('healthy');
    expect(judgeFleet(progress([target('InSync')], 2))).toBe('moving');
    expect(judgeFleet(progress([target('InSync', 'InProgress')]))).toBe('moving');
  });

  test('is at rest where what is not healthy waits for somebody', () => {
    expect(judgeFleet(progress([target('InSync'), target('AwaitingApproval')]))).toBe('at-rest');
    expect(judgeFleet(progress([target('InSync'), target('Drifted', 'Failed')]))).toBe('at-rest');
    expect(judgeFleet(progress([target('Failed'), target('Applying')]))).toBe('moving');
  });

  test('is at rest where its repository cannot be read or its configuration is rejected', () => {
    const stuck = { ...progress([]), pending: 'repository fleet cannot be read: gone', isStuck: true };
    expect(judgeFleet(stuck)).toBe('at-rest');
  });

  test('is moving while its configuration is not in force, and says why', () => {
    const pending = { ...progress([]), pending: 'repository fleet is being read' };
    expect(judgeFleet(pending)).toBe('moving');
    expect(progressText(pending)).toBe('repository fleet is being read');
    expect(progressText(progress([target('InSync'), target('Planning')], 3))).toMatch(/^1 of 3 targets/);
  });
});

test('what is waited for is named with where it is and why, and the rest is counted', () => {
  const failing = { ...target('Failed', 'Unknown'), message: 'no such image' };
  expect(waitingText(progress([target('InSync'), failing, target('Planning')]))).toBe(
    '; waiting for a on c (Failed, Unknown: no such image), a on c (Planning, Current)',
  );
  expect(waitingText(progress([1, 2, 3, 4, 5].map(() => target('Planning'))))).toMatch(/, 2 more$/);
  expect(waitingText(progress([target('InSync')]))).toBe('');
});

test('placements count the clusters whose labels match', () => {
  const clusters = [{ env: 'prod', region: 'eu' }, { env: 'prod', region: 'us' }, { env: 'staging' }];
  expect(countPlaced([{}], clusters)).toBe(3);
  expect(countPlaced([{ env: 'prod' }, { env: 'prod', region: 'eu' }], clusters)).toBe(3);
  expect(countPlaced([{ env: 'test' }], clusters)).toBe(0);
});
