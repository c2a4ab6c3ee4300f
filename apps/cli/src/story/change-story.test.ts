import { describe, expect, test } from 'vitest';

import type { LogEvent } from '../client/contract.js';
import { storyOf } from './change-story.js';
import { eventLine } from './event-line.js';
import { changeText } from './history.command.js';

const revision = '9d03e77'.padEnd(40, '0');
const plan = 'a'.repeat(64);
const blob = { digest: 'b'.repeat(64), size: 1, mediaType: 'application/json' };
const person = { person: 'p', at: '2026-05-04T14:31:07Z' };
const common = { rollout: 'r-1', revision };
let second = 0;

const event = (subject: string, type: string, data: Record<string, unknown>): LogEvent => {
  second += 1;
  const time = new Date(Date.UTC(2026, 4, 4, 14, 31, second)).toISOString();
  const rest = {
    id: `e-${second}`,
    time,
    actor: 'service:planner',
    correlationid: 'c-1',
    recordedtime: time,
  };
  return { ...rest, subject, type, data, position: `${second}.0` };
};

const seen = event('ev.repo.fleet', 'RevisionDetected', {
  repository: 'fleet', ref: { kind: 'branch', name: 'main' }, revision, tree: revision, parents: [], author: person,
  committer: person, message: 'Raise the cart limit\n\nBecause.', forced: false, reverts: [], pack: blob,
}); // prettier-ignore
const drafted = (cluster: string): LogEvent =>
  event(`ev.plan.${cluster}.default.checkout`, 'PlanDrafted', {
    ...common, plan, change: plan, document: blob, manifests: blob, render: plan, actions: { configure: 2, prune: 1, unchanged: 4 },
    certainties: {}, predicted: false, needs: [], refused: [],
  }); // prettier-ignore
const approved = (cluster: string, by = 'rule:automatic'): LogEvent =>
  event(`ev.plan.${cluster}.default.checkout`, 'PlanApproved', { ...common, plan, by });
const attempt = { attempt: 'x', plan, revision };
const applied = (cluster: string): LogEvent =>
  event(`ev.cluster.${cluster}.target.default.checkout`, 'ApplySucceeded', {
    ...attempt, inventory: blob, render: plan, manifests: blob,
  }); // prettier-ignore
const health = (cluster: string, to: string): LogEvent =>
  event(`ev.cluster.${cluster}.target.default.checkout`, 'HealthTransitioned', {
    revision, plan, from: 'InProgress', to, objectCount: 1,
    objects: [{ object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'checkout', name: 'web' }, health: to, message: '2 pods cannot pull "web:1.42"' }],
  }); // prettier-ignore

describe('the story of a change', () => {
  test('tells each step once, with the clusters that it concerns', () => {
    const steps = storyOf([
      seen,
      drafted('staging'),
      drafted('prod-eu'),
      approved('staging'),
      approved('prod-eu'),
    ]);
    expect(steps.map(({ text, clusters }) => [text, clusters])).toEqual([
      [`9d03e77 seen on fleet@main: "Raise the cart limit"`, []],
      ['planned: 2 configured, 1 pruned', ['staging', 'prod-eu']],
      ['approved by rule automatic', ['staging', 'prod-eu']],
    ]);
  });

  test('joins an apply with the health that came of it, cluster by cluster', () => {
    const events = [
      applied('staging'),
      applied('prod-us'),
      health('staging', 'Current'),
      health('prod-us', 'Failed'),
    ];
    expect(storyOf(events).map(({ text, clusters }) => [text, clusters])).toEqual([
      ['applied 9d03e77', ['prod-us']],
      ['applied, Current 2.0 s later', ['staging']],
      ['Failed: Deployment checkout/web, 2 pods cannot pull "web:1.42"', ['prod-us']],
    ]);
  });

  test('leaves out an apply whose every cluster became Current, and health on the way', () => {
    const events = [applied('staging'), health('staging', 'InProgress'), health('staging', 'Current')];
    expect(storyOf(events)).toHaveLength(1);
  });

  test('leaves out other applications of the same commit', () => {
    const other = { ...drafted('staging'), subject: 'ev.plan.staging.default.billing' };
    const change = {
      revision, message: 'Raise the cart limit\n\nBecause.', author: { name: 'Dev', email: 'dev@example.com' },
      committedAt: null, correlationId: 'c-1', events: [seen, other, drafted('prod-eu')],
    }; // prettier-ignore
    const screen = { colour: false, now: new Date() };
    const text = changeText(change, { project: 'default', name: 'checkout' }, screen);
    expect(text.split('\n')[0]).toBe('9d03e77  "Raise the cart limit"  dev@example.com');
    expect(text).toContain('prod-eu');
    expect(text).not.toContain('staging');
  });
});

describe('one event', () => {
  test('is one line that names what it is about', () => {
    expect(eventLine(approved('prod-eu', 'person:ada'))).toMatch(
      /checkout on prod-eu +approved by person ada$/,
    );
  });

  test('of a type that is not known says its type', () => {
    expect(eventLine(event('ev.new.thing', 'ThingHappened', {}))).toMatch(/thing +ThingHappened$/);
  });
});
