import { describe, expect, test } from 'vitest';

import type { Target } from '../client/contract.js';
import { judgeRevision } from './revision-verdict.js';

const revision = '9d03e77'.padEnd(40, '0');
const target: Target = {
  project: 'default', application: 'checkout', cluster: 'prod-us', revision: null, desiredRevision: revision,
  plan: null, sync: 'Applying', health: 'Unknown', since: '2026-05-04T14:31:00Z',
}; // prettier-ignore
const answer = { revision, known: true, affected: true, reached: false, targets: [target] };

describe('waiting for a revision', () => {
  test('ends where it is reached, affected or not', () => {
    expect(judgeRevision({ ...answer, affected: false, reached: true })).toEqual({ status: 'reached' });
  });

  test('goes on where the log has not seen it, and says so', () => {
    expect(judgeRevision({ ...answer, known: false })).toEqual({
      status: 'waiting',
      reason: '9d03e77 has not been seen in its repository yet',
    });
  });

  test('goes on where a target is under way, waits for a person, or is out of reach', () => {
    for (const sync of ['Applying', 'AwaitingApproval', 'Held', 'Unknown']) {
      const verdict = judgeRevision({ ...answer, targets: [{ ...target, sync }] });
      expect(verdict).toEqual({ status: 'waiting', reason: `prod-us is ${sync}` });
    }
  });

  test('ends where a target failed at it, with the reason', () => {
    const failed = { ...target, sync: 'Failed', message: 'apps/web.yaml:3 is no YAML' };
    expect(judgeRevision({ ...answer, targets: [failed] })).toEqual({
      status: 'failed',
      reason: 'prod-us is Failed: apps/web.yaml:3 is no YAML',
    });
  });

  test('goes on where a target failed at another revision', () => {
    const earlier = { ...target, sync: 'Failed', desiredRevision: 'f'.repeat(40) };
    expect(judgeRevision({ ...answer, targets: [earlier] }).status).toBe('waiting');
  });

  test('ends where it is refused, with the reason', () => {
    const refused = 'abc is not planned. The commit abc is not signed.';
    expect(judgeRevision({ ...answer, refused })).toEqual({ status: 'failed', reason: refused });
  });

  test('ends where its configuration was rejected, with file and line', () => {
    const rejected = [{ file: 'applications/a.yaml', line: 8, reason: 'no such mode' }];
    expect(judgeRevision({ ...answer, affected: null, rejected })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('applications/a.yaml:8 no such mode') as string,
    });
  });

  test('names health where everything is applied', () => {
    const applied = { ...target, revision, sync: 'InSync', health: 'InProgress' };
    expect(judgeRevision({ ...answer, targets: [applied] })).toMatchObject({
      reason: 'prod-us is InProgress at 9d03e77',
    });
  });
});
