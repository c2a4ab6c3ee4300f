import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { declaration, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import type { ApiEvent } from './platform/installation.js';
import { deploymentPath, type LiveCluster } from './platform/live-cluster.js';
import { MutatingWebhook } from './platform/mutating-webhook.js';
import { isWholeRun } from './platform/sampled.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';

/** `churned` leaves its replicas to the autoscaler and `contested` does not; both are healed, `reported` is only watched. */
const applications = ['churned', 'contested', 'reported'] as const;
const churnMs = 300_000;
const scaleEveryMs = 1_000;
const editEveryMs = 3_000;
/** What docs/kubernetes.md says of a fight. */
const mostHeals = 5;
/** How often drift is told in five minutes: a dozen times of the plan that stays, and a few times of each that heals. */
const mostTold = 30;

const syncline = sharedInstallation();
let fleet: FleetRepository;
let staging: LiveCluster;
let webhook: MutatingWebhook;

const manifestOf = (name: string): string => {
  const text = deployment(name, 2);
  return name === 'churned' ? text.replace('  replicas: 2\n', '') : text;
};

/** What an autoscaler does: it sets replicas through the scale subresource, now so, now so. */
const scale = async (name: string, round: number): Promise<void> => {
  const path = `${deploymentPath(name, name)}/scale`;
  const body = { spec: { replicas: 1 + (round % 4) } };
  const scaled = await staging.call(
    'PATCH',
    `${path}?fieldManager=autoscaler`,
    body,
    'application/merge-patch+json',
  );
  expect(scaled.code).toBe(200);
};

/** What a person does with `kubectl edit`: another image. */
const edit = async (name: string, round: number): Promise<void> => {
  const value = `registry.example.com/${name}:hotfix-${round}`;
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }];
  const path = `${deploymentPath(name, name)}?fieldManager=kubectl-edit`;
  expect((await staging.call('PATCH', path, patch, 'application/json-patch+json')).code).toBe(200);
};

const everyMs = async (
  pauseMs: number,
  until: number,
  act: (name: string, round: number) => Promise<void>,
): Promise<void> => {
  for (let round = 1; performance.now() < until; round += 1) {
    for (const name of applications) await act(name, round);
    await sleep(pauseMs);
  }
};

const countsOf = (events: readonly ApiEvent[], name: string) => {
  const own = events.filter(({ subject }) => subject.endsWith(`.${name}`));
  const of = (type: string, more: Readonly<Record<string, unknown>> = {}) =>
    own.filter(
      (event) =>
        event.type === type && Object.entries(more).every(([key, value]) => event.data[key] === value),
    ).length;
  return {
    asked: of('PlanRequested'),
    heals: of('PlanRequested', { reason: 'heal' }),
    applies: of('ApplyStarted'),
    stale: of('PlanFoundStale'),
    errored: of('ApplyErrored'),
    drifts: of('DriftDetected'),
    undone: of('DriftHealed'),
    held: of('PlanHeld'),
  };
};

const managersIn = (events: readonly ApiEvent[], name: string): ReadonlySet<string> => {
  const told = events.filter(({ type, subject }) => type === 'DriftDetected' && subject.endsWith(`.${name}`));
  const objects = told.flatMap(({ data }) => data.objects as { fields: { manager?: string }[] }[]);
  return new Set(objects.flatMap(({ fields }) => fields.flatMap(({ manager }) => manager ?? [])));
};

/** Five minutes: in whole runs alone. */
describe.runIf(isWholeRun)('what others change all the time', () => {
  beforeAll(async () => {
    [fleet, staging] = await Promise.all([cloneFleet(), liveCluster('staging')]);
    webhook = await MutatingWebhook.before(staging, applications, join(sharedState, '..', 'webhook'));
    for (const name of applications) {
      const drift = name === 'reported' ? 'detect' : 'heal';
      const declared = declaration({ name }).replace('  sync:\n', `  sync:\n    drift: ${drift}\n`);
      await fleet.write(`applications/${name}.yaml`, declared);
      await fleet.write(`apps/${name}/web.yaml`, manifestOf(name));
    }
    const sha = await fleet.push('Three applications that others change');
    for (const name of applications) await syncline.arrived(name, sha);
  });
  afterAll(() => webhook.end());

  it('an autoscaler, a mutating webhook and a person at once lead to no healing war, and the record says who did what', async () => {
    const from = await syncline.position();
    webhook.writes.clear();
    const until = performance.now() + churnMs;
    await Promise.all([everyMs(scaleEveryMs, until, scale), everyMs(editEveryMs, until, edit)]);
    await sleep(2_000);
    const events = await syncline.events(from);
    console.log(`churn for ${churnMs / 1000} s; writes by manager:`, Object.fromEntries(webhook.writes));
    for (const name of applications) {
      const counts = countsOf(events, name);
      console.log(name, counts, [...managersIn(events, name)]);
      expect(counts.heals).toBeLessThanOrEqual(name === 'reported' ? 0 : mostHeals);
      // What changes under a plan is planned anew, a few times; what breaks is tried again.
      expect(counts.asked).toBeLessThanOrEqual(counts.heals + counts.stale);
      expect(counts.applies).toBeLessThanOrEqual(counts.asked + counts.errored);
      expect(counts.drifts).toBeLessThanOrEqual(mostTold);
    }
    expect(managersIn(events, 'reported')).toEqual(new Set(['autoscaler', 'kubectl-edit']));
    expect(managersIn(events, 'contested')).toEqual(new Set(['autoscaler', 'kubectl-edit']));
    expect(managersIn(events, 'churned')).toEqual(new Set(['kubectl-edit']));
    const shown = await syncline.run('drift', 'contested', '--all');
    expect(shown).toMatch(/by (kubectl-edit|autoscaler)/);
  }, 480_000);

  it('when the others rest, what was held is healed by a retry, and stays so', async () => {
    await sleep(1_000);
    for (const name of ['churned', 'contested']) {
      await syncline.run('retry', name);
      await syncline.untilTargets(name, 'is in sync', ({ sync }) => sync === 'InSync', 120_000);
    }
    const contested = (await staging.find(deploymentPath('contested', 'contested'))) as {
      spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
    };
    expect(contested.spec.replicas).toBe(2);
    expect(contested.spec.template.spec.containers[0]?.image).toBe('mirror.example.com/contested:1');
  });
});
