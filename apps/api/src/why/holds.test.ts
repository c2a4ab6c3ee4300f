import type {
  ApplicationRow, ClusterRow, FleetStateRow, ParkedRow, PlanRow, RepositoryRow, RolloutRow,
} from '@syncline/read-models'; // prettier-ignore
import { describe, expect, it } from 'vitest';

import { holdsOf, type Facts } from './holds.js';

const instant = '2026-11-24T06:00:00.000Z';
const instants = { occurredAt: instant, recordedAt: instant };
const name = { project: 'default', application: 'checkout' };

const target = (more: Partial<FleetStateRow> = {}): FleetStateRow => ({
  ...name,
  ...{ cluster: 'prod-eu', revision: 'a'.repeat(40), desiredRevision: 'a'.repeat(40), plan: null, mode: 'automatic' },
  ...{ sync: 'InSync', health: 'Current', since: instant, message: null, repository: 'fleet', rollout: 'r1' },
  ...{ appliedPlan: null, healthPlan: null, replay: null, ...instants, ...more },
}); // prettier-ignore
const application: ApplicationRow = {
  ...name,
  ...{ repository: 'fleet', spec: {}, declaredRevision: 'a'.repeat(40), retired: false, rollout: 'r1', pause: null },
  ...instants,
}; // prettier-ignore
const plan = (more: Partial<PlanRow>): PlanRow => ({
  ...name,
  ...{ cluster: 'prod-eu', plan: '1'.repeat(64), change: '2'.repeat(64), rollout: 'r1', revision: 'a'.repeat(40) },
  ...{ state: 'AwaitingApproval', document: '', actions: {}, certainties: {}, predicted: false, needs: [], refused: [] },
  ...{ correlationId: 'c', draftedSequence: 1, draftedAt: instant, ...instants, ...more },
}); // prettier-ignore
const repository = (more: Partial<RepositoryRow>): RepositoryRow => ({
  ...{ repository: 'fleet', url: '', ref: { kind: 'branch', name: 'main' }, paths: [], include: [], pollSeconds: 30 },
  ...{ revision: null, message: null, failure: null, configuration: null, ...instants, ...more },
}); // prettier-ignore
const lost: ClusterRow = {
  ...{ cluster: 'prod-eu', labels: {}, applier: 'hub', state: 'Lost', kubernetesVersion: null, reason: 'timeout' },
  ...{ since: instant, open: { sequence: 1, index: 0, from: instant, ...instants } },
  ...instants,
}; // prettier-ignore
const parked: ParkedRow = {
  ...{
    service: 'planner',
    reaction: 'planning',
    subject: 'ev.plan.prod-eu.default.checkout',
    position: '7.0',
  },
  ...{ attempts: 5, reason: 'it cannot be read', ...instants },
};
const halted: RolloutRow = {
  ...name,
  ...{ rollout: 'r1', repository: 'fleet', revision: 'a'.repeat(40), reason: 'revision', state: 'Halted', waves: [] },
  haltedBy: { cluster: 'staging', reason: 'Deployment web failed', since: instant },
  ...{ wavesOpened: 1, wavesCompleted: 0, correlationId: 'c', startedSequence: 1, startedAt: instant, endedAt: null },
  ...instants,
}; // prettier-ignore

const replay: NonNullable<FleetStateRow['replay']> = {
  ...{
    kind: 'replay',
    sentence: `runs plan ${'1'.repeat(12)} again; another commit ends that`,
    revision: 'a',
  },
  ...{ plan: '1'.repeat(64), cluster: 'prod-eu', by: 'person:p1', reason: 'orders fail', since: instant },
};

const table: readonly [what: string, facts: Partial<Facts>, by: string, sentence: RegExp, free: RegExp][] = [
  ['a lost cluster', { cluster: lost }, 'cluster-lost', /out of reach: timeout/, /by itself/],
  ['a pause',
    { application: { ...application, pause: { by: 'person:1', reason: 'it moves', since: instant } }, pausedBy: 'Ada' },
    'pause', /paused by Ada: it moves/, /syncline resume checkout/],
  ['a parked subject', { parked: [parked] }, 'parked', /planner gave up on ev\.plan/, /syncline log resume planner planning/],
  ['an approval', { target: target({ sync: 'AwaitingApproval' }), plan: plan({ needs: ['It removes a Namespace.'] }) },
    'approval', /waits for a person: It removes a Namespace/, /syncline approve 1{12}/],
  ['a refused plan', { target: target({ sync: 'Failed' }), plan: plan({ state: 'Refused', refused: ['no such kind'] }) },
    'plan-refused', /only be looked at: no such kind/, /syncline retry checkout/],
  ['a render that failed', { target: target({ sync: 'Failed', message: 'web.yaml:3  no kind' }) },
    'render-failed', /web\.yaml:3/, /syncline validate/],
  ['an apply that failed', { target: target({ sync: 'Failed', plan: '1'.repeat(64), message: 'quota' }) },
    'apply-failed', /quota/, /syncline retry checkout/],
  ['a rejected plan', { target: target({ sync: 'Held', message: 'not now' }), plan: plan({ state: 'Rejected' }) },
    'rejected', /was rejected: not now/, /syncline retry checkout/],
  ['observe mode', { target: target({ sync: 'Held', mode: 'observe' }) }, 'observe', /only observed/, /sync\.mode/],
  ['a cluster that cannot be asked', { target: target({ sync: 'Held', message: 'no answer' }) },
    'cluster', /no answer/, /syncline retry checkout/],
  ['an apply that broke off', { target: target({ sync: 'Applying', message: 'timeout' }) },
    'apply-errored', /tried again: timeout/, /by itself/],
  ['drift', { target: target({ sync: 'Drifted', message: 'by kubectl-edit' }) }, 'drift', /kubectl-edit/, /sync\.drift: heal/],
  ['bad health', { target: target({ health: 'Failed', message: 'cannot pull' }) },
    'unhealthy', /Failed: cannot pull/, /syncline resources checkout --cluster prod-eu/],
  ['a halted rollout', { target: target({ sync: 'Planning' }), rollout: halted },
    'rollout-halted', /halted by staging/, /syncline why checkout --cluster staging/],
  ['a replay',
    { target: target({ sync: 'Held', message: replay.sentence, replay }), replayedBy: 'Ada' },
    'replay', /^It runs plan 1{12} again, asked for by Ada: orders fail\.$/, /syncline replay --end checkout/],
  ['a fetch that fails',
    { repository: repository({ failure: { class: 'auth', reason: 'denied', since: instant } }) },
    'fetch-failed', /cannot be fetched \(auth\): denied/, /repo add fleet/],
  ['a host whose key is not trusted',
    { repository: repository({ failure: { class: 'host-key', reason: 'It shows another.', since: instant } }) },
    'fetch-failed', /\(host-key\): It shows another\. What runs/, /syncline repo trust fleet/],
  ['a revision that nobody signed',
    { repository: repository({ failure: { class: 'unsigned', reason: 'abc is not signed.', since: instant } }) },
    'revision-refused', /a revision that is refused \(unsigned\): abc is not signed/, /--require-signed/],
  ['a rejected configuration',
    { repository: repository({ configuration: { revision: 'b'.repeat(40), accepted: false, since: instant,
      errors: [{ file: 'a.yaml', line: 3, reason: 'no name' }] } }) },
    'configuration-rejected', /a\.yaml:3 {2}no name/, /syncline validate/],
]; // prettier-ignore

describe('what holds a target', () => {
  it.each(table)('is %s, with what frees it', (_, facts, by, sentence, free) => {
    const holds = holdsOf({ target: target(), application, parked: [], ...facts });
    expect(holds.map((one) => one.by)).toEqual([by]);
    expect(holds[0]?.since).toBe(instant);
    expect(holds[0]?.sentence).toMatch(sentence);
    expect(holds[0]?.free).toMatch(free);
  });

  it('is nothing where it is in sync and Current', () => {
    expect(holdsOf({ target: target(), application, parked: [] })).toEqual([]);
  });

  it('is several things at once, the nearest first', () => {
    const both = {
      cluster: lost,
      repository: repository({ failure: { class: 'auth', reason: 'x', since: instant } }),
    };
    const holds = holdsOf({ target: target(), application, parked: [], ...both });
    expect(holds.map(({ by }) => by)).toEqual(['cluster-lost', 'fetch-failed']);
  });
});
