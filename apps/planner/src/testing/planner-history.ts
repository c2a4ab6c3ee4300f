import { subjects, type TargetEvent } from '@syncline/events';

import { application, configMap } from './files.js';
import type { PlannerWorld } from './planner-world.js';

/** The clusters that the history is about. */
export const historyClusters = ['staging', 'prod-eu', 'prod-us'] as const;

/** One thing that happens; what follows from it is the planner's. */
export type Happening = {
  readonly what: string;
  readonly happens: (world: PlannerWorld) => Promise<unknown>;
};

const person = 'person:p1';
const nameOf = (name: string) => ({ project: 'default', application: name });
const planOf = (cluster: string, name = 'checkout') => subjects.plan(cluster, 'default', name);

/** The last of what a plan subject holds of a type. */
const lastOf = async (world: PlannerWorld, subject: string, type: string) => {
  const found = (await world.events(subject)).findLast((event) => event.type === type);
  if (!found) throw new Error(`${subject} holds no ${type}`);
  return found.data as { readonly plan: string; readonly revision: string };
};

const push = (what: string, files: Readonly<Record<string, string | null>>): Happening => ({
  what,
  happens: (world) => world.push(what, files),
});

const decides = (cluster: string, decision: 'grant' | 'reject'): Happening => ({
  what: `a person's ${decision} on ${cluster}`,
  happens: async (world) => {
    const { plan } = await lastOf(world, planOf(cluster, 'ledger'), 'PlanDrafted');
    return world.command('approve', { ...nameOf('ledger'), cluster, plan, decision, by: person });
  },
});

const commands = (verb: string, more: Readonly<Record<string, unknown>> = {}): Happening => ({
  what: verb,
  happens: (world) => world.command(verb, { ...nameOf('checkout'), by: person, ...more }),
});

const drifts = (cluster: string, to: string): Happening => ({
  what: `drift on ${cluster}`,
  happens: (world) => world.applier.drift(planOf(cluster), 'web', to),
});

/** An applier that finds the approved plan stale, though it had said that it is applied. */
const isFoundStale: Happening = {
  what: 'a plan is found stale',
  happens: async (world) => {
    const { plan, revision } = await lastOf(world, planOf('prod-eu'), 'PlanApproved');
    const data = { attempt: 'stale', plan, revision, reason: 'replicas changed' };
    await world.applier.say(planOf('prod-eu'), 'stale', { type: 'PlanFoundStale', data });
  },
};

const health = (to: 'Failed' | 'Current'): Happening => ({
  what: `a target is ${to}`,
  happens: async (world) => {
    const { plan, revision } = await lastOf(world, planOf('prod-us'), 'PlanApproved');
    const data = { plan, revision, from: 'Unknown', to, objects: [], objectCount: 1 } as const;
    const event: TargetEvent = { type: 'HealthTransitioned', data: { ...data, objects: [] } };
    await world.applier.say(planOf('prod-us'), 'health', event);
  },
});

/** An apply that the cluster refuses, and one after it that it takes. */
const failsOnce: readonly Happening[] = [
  {
    what: 'a push that a cluster refuses',
    happens: (world) => {
      world.applier.refuses = 'web';
      world.applier.refusesOn = 'prod-us';
      return world.push('refused', { 'checkout/web.yaml': configMap('web', { value: '7' }) });
    },
  },
  {
    what: 'a retry',
    happens: (world) => {
      world.applier.refuses = undefined;
      return world.command('retry', nameOf('checkout'));
    },
  },
];

const goesAway: readonly Happening[] = [
  {
    what: 'a push while a cluster is away',
    happens: async (world) => {
      await world.applier.lose('prod-us');
      await world.push('away', { 'checkout/web.yaml': configMap('web', { value: '8' }) });
    },
  },
  {
    what: 'the cluster is back',
    happens: async (world) => {
      await world.applier.reach('prod-us');
      await world.connects('prod-us');
    },
  },
];

/** What a planner lives through: pushes, people, clusters that come, go and fail, drift, a pause. */
export const plannerHistory: readonly Happening[] = [
  push('first', {
    'apps/checkout.yaml': application('checkout', 'checkout', { drift: 'heal' }),
    'apps/ledger.yaml': application('ledger', 'ledger', {
      mode: 'approval',
      selects: { tier: 'production' },
    }),
    'checkout/web.yaml': configMap('web', { value: '1' }),
    'checkout/old.yaml': configMap('old', { value: '1' }),
    'ledger/book.yaml': configMap('book', { pages: '1' }),
  }),
  decides('prod-eu', 'grant'),
  decides('prod-us', 'reject'),
  push('touches one', { 'checkout/web.yaml': configMap('web', { value: '2' }) }),
  push('touches the other', { 'ledger/book.yaml': configMap('book', { pages: '2' }) }),
  push('before anybody said yes', { 'ledger/book.yaml': configMap('book', { pages: '3' }) }),
  push('touches nothing', { 'README.md': 'x' }),
  push('cannot be read', { 'apps/broken.yaml': 'kind: [Application' }),
  push('can be read again', { 'apps/broken.yaml': null }),
  drifts('prod-eu', 'by hand'),
  commands('pause', { reason: 'the database moves' }),
  drifts('staging', 'while paused'),
  push('while paused', { 'checkout/web.yaml': configMap('web', { value: '4' }) }),
  commands('resume-application'),
  drifts('staging', 'by hand, after the pause'),
  isFoundStale,
  commands('pause', { reason: 'nothing is under way' }),
  commands('resume-application'),
  drifts('prod-eu', 'by hand, after an idle pause'),
  { what: 'a cluster is relabelled', happens: (world) => world.relabels('staging', { tier: 'production' }) },
  health('Failed'),
  health('Current'),
  ...failsOnce,
  ...goesAway,
  push('one object fewer', { 'checkout/old.yaml': null }),
  { what: 'a cluster leaves', happens: (world) => world.leaves('prod-us') },
  { what: 'a cluster joins', happens: (world) => world.joins('prod-us', { tier: 'production' }) },
  push('an application is gone', { 'apps/ledger.yaml': null }),
  push('back to an earlier value', { 'checkout/web.yaml': configMap('web', { value: '1' }) }),
];
