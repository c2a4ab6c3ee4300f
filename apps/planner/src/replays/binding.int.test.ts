import { subjects, type PlanEvent } from '@syncline/events';
import { EventStoreError, MemoryWorld } from '@syncline/event-store';
import type { BlobStore, StoredEvent } from '@syncline/kernel';
import { generateKeyPair } from '@syncline/sealing';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { application, configMap, secret, type ApplicationOptions } from '../testing/files.js';
import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

type Drafted = StoredEvent<Extract<PlanEvent, { type: 'PlanDrafted' }>>;

const [eu, us] = ['prod-eu', 'prod-us'];
const name = { project: 'default', application: 'checkout' };
const checkout = subjects.application('default', 'checkout');
const planOf = (cluster: string) => subjects.plan(cluster, 'default', 'checkout');
let world: PlannerWorld;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(new MemoryWorld()), [eu, us]);
  await world.joins(eu, { tier: 'production', region: 'eu' });
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

const applied = (rollouts: number) => world.reaches(checkout, 'RolloutCompleted', rollouts);
const deploys = async (size: string, options: ApplicationOptions = {}, more: Record<string, string> = {}) => {
  await world.push(`size ${size}`, {
    'apps/checkout.yaml': application('checkout', 'checkout', options),
    'checkout/web.yaml': configMap('web', { size, region: '${REGION}' }),
    ...more,
  });
};
const first = async (cluster = eu) => {
  const events = await world.events(planOf(cluster));
  const draft = events.find((one): one is Drafted => one.type === 'PlanDrafted')!;
  return { ...name, cluster, plan: draft.data.plan, drafted: draft.position.sequence, by: 'person:p1' };
};
const live = (cluster: string) =>
  world.applier.objects(cluster, 'checkout').map(({ data }) => (data as { size: string }).size);
const refusal = (command: object) =>
  world.command('replay', command).then(
    () => 'done',
    (error: unknown) => (error as { code: string }).code,
  );
/** The second cluster joins when the first has run one revision, and gets the second with it. */
const bothAtTheSecond = async (options: ApplicationOptions, more: Record<string, string> = {}) => {
  await deploys('1', options, more);
  await applied(1);
  await deploys('2', options, more);
  await applied(2);
  await world.joins(us, { tier: 'production', region: 'us' });
  await world.reaches(planOf(us), 'PlanApproved');
  await applied(3);
};

it('a deployment runs on another cluster that has the same values, with its Secrets where the applier is the same', async () => {
  await bothAtTheSecond({}, { 'checkout/key.yaml': secret('key', { token: 'hunter2' }) });
  await world.command('replay', { ...(await first()), onto: us });
  await world.reaches(planOf(us), 'PlanApproved', 2);
  await expect.poll(() => live(us)).toContain('1');
  expect(live(eu)).toContain('2');
});

it('what was filled in for one cluster is refused on another by name', async () => {
  const overrides = [
    { match: { matchLabels: { region: 'eu' } }, substitute: { REGION: 'eu' } },
    { match: { matchLabels: { region: 'us' } }, substitute: { REGION: 'us' } },
  ];
  await bothAtTheSecond({ overrides });
  expect(await refusal({ ...(await first()), onto: us })).toBe('values-differ');
});

it('Secrets that were sealed to an applier that is replaced are refused by name', async () => {
  await deploys('1', {}, { 'checkout/key.yaml': secret('key', { token: 'hunter2' }) });
  await applied(1);
  const { recipient } = await generateKeyPair();
  const known = await first();
  await world.registersApplier(eu, recipient);
  expect(await refusal(known)).toBe('secrets-sealed-elsewhere');
});

it('a deployment whose manifests are gone is refused by name', async () => {
  await deploys('1');
  await applied(1);
  const known = await first();
  await world.stop();
  await world.start((hub) => ({
    aggregates: hub.aggregates,
    blobs: {
      put: (...args: Parameters<BlobStore['put']>) => hub.blobs.put(...args),
      get: (_: unknown, digest: string) =>
        Promise.reject(new EventStoreError('blob-missing', 'gone', digest)),
    },
  }));
  expect(await refusal(known)).toBe('deployment-gone');
});
