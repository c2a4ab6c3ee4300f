import { readFile } from 'node:fs/promises';

import type { Agent } from '@syncline/event-store';
import { parseTargetSubject } from '@syncline/events';
import {
  eventually,
  isWholeRun,
  JumbledDeliveries,
  seedOfRun,
  toldBySubject,
  type Told,
} from '@syncline/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMap, revision } from './testing/objects.js';
import type { PlayedPlanner } from './testing/played-planner.js';
import { SimulatedCluster } from './testing/simulated-cluster.js';

const firstSeed = seedOfRun();
const seeds = Array.from({ length: isWholeRun ? 12 : 1 }, (_, index) => firstSeed + index);
const applications = ['shop', 'till', 'stock'];

/** A run of the history: two clusters, and the planners that a test plays for them. */
class History {
  readonly deliveries: JumbledDeliveries;

  private constructor(
    readonly world: ApplierWorld<SimulatedCluster>,
    readonly beside: SimulatedCluster,
    seed: number | undefined,
  ) {
    this.deliveries = new JumbledDeliveries(seed);
  }

  static async start(seed: number | undefined): Promise<History> {
    const world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
    return new History(world, await SimulatedCluster.start('beside'), seed);
  }

  get planners(): readonly PlayedPlanner[] {
    return [this.world.planner, this.world.beside('beside')];
  }

  startApplier(): Promise<void> {
    const through = (agent: Agent): Agent => ({
      ...agent,
      strategy: this.deliveries.over(agent.strategy),
    });
    return this.world.startApplier(through);
  }

  /** Registers both clusters, with a credential that is sealed anew each time. */
  async register(): Promise<void> {
    const both = ['staging', 'beside'];
    const [staging, beside] = this.planners;
    await staging?.register(await this.world.kubeconfig(), both);
    await beside?.register(await readFile(this.beside.kubeconfigFile, 'utf8'), both);
    for (const cluster of both) await this.world.untilLink('ClusterConnected', 1, cluster);
    await this.quiet();
  }

  /** One plan of each application on each cluster, all at once; those of `approval` wait for a person. */
  async plans(digit: string, mode: 'automatic' | 'approval' = 'automatic'): Promise<readonly string[]> {
    const wanted = (application: string) => ({
      ...{ application, revision: revision(digit), mode },
      objects: [configMap('settings', digit), configMap(`only-${digit}`, digit)],
    });
    const of = (planner: PlayedPlanner) =>
      Promise.all(
        // A cluster that is just being connected anew answers no dry run; a request that is repeated is none.
        applications.map((one) =>
          eventually(async () => (await planner.plan(wanted(one))).plan, patienceMs, `a plan of ${one}`),
        ),
      );
    return (await Promise.all(this.planners.map(of))).flat();
  }

  async approve(digit: string, plans: readonly string[]): Promise<void> {
    const waiting = this.planners.flatMap((planner) =>
      applications.map((application) => ({ planner, application })),
    );
    for (const [index, { planner, application }] of waiting.entries())
      await planner.approve({ application, revision: revision(digit) }, plans[index] ?? '');
  }

  async request(digit: string): Promise<void> {
    for (const planner of this.planners)
      for (const application of applications)
        await planner.request({ application, revision: revision(digit), objects: [] });
  }

  /** Waits until so many events of a type stand on the targets of both clusters, and nothing more comes. */
  async until(type: string, count: number): Promise<void> {
    const seen = async () =>
      (await this.world.events('ev.cluster.*.target.>')).filter((event) => event.type === type).length;
    await eventually(async () => (await seen()) >= count, patienceMs, `${count} ${type}`);
    await this.quiet();
  }

  quiet(): Promise<void> {
    return this.deliveries.quiet(() => this.world.lastSequence());
  }

  async stop(): Promise<void> {
    await this.deliveries.stop();
    await this.world.stop();
    await this.beside.stop();
  }
}

const everyTarget = 2 * applications.length;

/** Plans that are applied, approved late, superseded, released; a cluster that is registered anew. */
const tellHistory = async (seed: number | undefined): Promise<Told> => {
  const history = await History.start(seed);
  try {
    await history.startApplier();
    await history.register();
    await history.plans('1');
    await history.until('HealthTransitioned', everyTarget);
    const careful = await history.plans('2', 'approval');
    await history.quiet();
    await history.approve('2', careful);
    await history.until('ApplySucceeded', 2 * everyTarget);
    await history.register();
    const overtaken = await history.plans('3', 'approval');
    await history.request('4');
    await history.quiet();
    expect(overtaken).toHaveLength(everyTarget);
    await history.plans('5');
    await history.until('ApplySucceeded', 3 * everyTarget);
    for (const planner of history.planners) await planner.release('stock');
    await history.until('TargetOrphaned', 2);
    const before = await history.world.lastSequence();
    await history.deliveries.repeatAll();
    await history.quiet();
    expect(await history.world.lastSequence(), 'what is handled once more decides nothing').toBe(before);
    return await targetsOf(history.world);
  } finally {
    await history.stop();
  }
};

/** What a cluster makes up by itself: its uids and versions are in the inventory and the results. */
const ofTheRun = ['inventory', 'results', 'fence', 'manifests'];

const targetsOf = async (world: ApplierWorld<SimulatedCluster>): Promise<Told> => {
  const events = [...(await world.events('ev.plan.>')), ...(await world.events('ev.cluster.>'))];
  const told = Object.entries(toldBySubject(events)).filter(
    ([subject]) => parseTargetSubject(subject) && !subject.startsWith('ev.plan.'),
  );
  return Object.fromEntries(
    told.map(([subject, own]) => [
      subject,
      own.map(({ type, data }) => ({
        type,
        data: Object.fromEntries(
          Object.entries(data as Record<string, unknown>).filter(([key]) => !ofTheRun.includes(key)),
        ),
      })),
    ]),
  );
};

describe(`an applier's deliveries twice, late and out of order across subjects (SYNCLINE_TEST_SEED=${firstSeed})`, () => {
  let inOrder: Told;
  beforeAll(async () => {
    inOrder = await tellHistory(undefined);
  });

  it.each(seeds)(
    'come to the same on every target, in type and data: seed %i',
    async (seed) => {
      expect(await tellHistory(seed)).toEqual(inOrder);
    },
    180_000,
  );
});
