import { targetAggregate, type Applied, type TargetCommand } from '@syncline/domain';
import { memoryAgent, MemoryWorld } from '@syncline/event-store';
import { subjects, type DriftedObject, type MeanwhileChange, type TargetEvent } from '@syncline/events';
import type { PutBack } from '@syncline/kubernetes';
import { createLogger, Metrics } from '@syncline/observability';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Documents, ReadBlobs } from '../documents.js';
import { applierMeter } from '../meter.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';
import { DriftRecord } from './drift-record.js';

const cluster = 'prod';
const target = { cluster, project: 'default', application: 'checkout' };
const subject = subjects.target(cluster, 'default', 'checkout');
const [plan, revision] = ['a'.repeat(64), '1'.repeat(40)];
const manifests = { digest: 'b'.repeat(64), size: 1, mediaType: 'application/json' };
const applied: Applied = {
  plan,
  revision,
  render: 'c'.repeat(64),
  manifests,
  at: '',
  correlationId: 'change-1',
};
const attempt = { attempt: 'a1', plan, revision };

const driftTo = (to: string): readonly DriftedObject[] => [
  {
    object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'checkout', name: 'settings' },
    change: 'changed',
    fields: [{ path: '/data/value', change: 'changed', from: 'a', to, manager: 'kubectl-edit' }],
    fieldCount: 1,
  },
];

describe('what is recorded of drift', () => {
  let world: MemoryWorld;
  let record: DriftRecord;
  let around: ClusterSurroundings;

  /** Watches, after a drift (the digest of its document) that was open already. */
  const start = (open?: string): void => {
    const onSeen = () => undefined;
    record = new DriftRecord(around, target, applied, { namespace: 'checkout', open, onSeen });
  };

  const decide = (command: TargetCommand) =>
    memoryAgent(world, 'hub').aggregates.decide(targetAggregate, subject, command, {
      actor,
      correlationId: 'c',
    });
  const events = async () => {
    const entries = await memoryAgent(world, 'hub').log.read(subject);
    return entries.flatMap((entry) => entry.events as readonly TargetEvent[]).slice(2);
  };
  const see = async (objects: readonly DriftedObject[], thenMs: number, putBack: readonly PutBack[] = []) => {
    record.watch().onDrift(objects, { putBack });
    await vi.advanceTimersByTimeAsync(thenMs);
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    world = new MemoryWorld();
    await decide({ type: 'begin', data: { ...attempt, fence: 1, operations: {} } });
    const { render } = applied;
    const at = new Date().toISOString();
    const data = { attempt: 'a1', inventory: manifests, render, manifests };
    await decide({ type: 'succeed', at, heals: false, data });
    const agent = memoryAgent(world, 'hub');
    around = {
      ...{
        cluster,
        log: agent,
        documents: new Documents(agent.blobs, cluster, new ReadBlobs()),
        identity: '',
      },
      ...{ meter: applierMeter(new Metrics('applier')), logger: createLogger('applier', 'silent') },
    } as unknown as ClusterSurroundings;
    start();
  });
  afterEach(() => {
    record.end();
    vi.useRealTimers();
  });

  it('is the first sight at once, and of what flaps after it only how it is then and how often it came', async () => {
    await see(driftTo('b'), 10);
    for (let round = 0; round < 3; round += 1) {
      await see([], 10);
      await see(driftTo('c'), 10);
    }
    expect((await events()).map(({ type }) => type)).toEqual(['DriftDetected']);
    await vi.advanceTimersByTimeAsync(500);
    const [first, last, ...more] = await events();
    expect(more).toEqual([]);
    expect(first?.data).toMatchObject({ flaps: 0, objects: driftTo('b') });
    expect(last?.data).toMatchObject({ flaps: 3, objects: driftTo('c') });
  });

  it('names with the next word who wrote and who put back what, where that is over by then', async () => {
    const of = (name: string, manager: string): DriftedObject => {
      const [one] = driftTo('b') as [DriftedObject];
      const fields = one.fields.map((field) => ({ ...field, manager }));
      return { ...one, object: { ...one.object, name }, fields };
    };
    const [settings, more] = [of('settings', 'ann'), of('more', 'bob')];
    const path = '/data/value';
    await see([settings], 10);
    await see([settings, more], 10);
    await see([settings], 10, [{ object: more.object, path, manager: 'cid' }]);
    expect((await events()).map(({ type }) => type)).toEqual(['DriftDetected']);
    await see([], 1_000, [{ object: settings.object, path, manager: 'dan' }]);
    const [, healed] = await events();
    expect(healed).toMatchObject({ type: 'DriftHealed' });
    const { meanwhile = [] } = healed?.data as { meanwhile?: readonly MeanwhileChange[] };
    expect(meanwhile.map(({ object, change, manager }) => [object.name, change, manager])).toEqual([
      ['more', 'drifted', 'bob'],
      ['more', 'put-back', 'cid'],
      ['settings', 'put-back', 'dan'],
    ]);
    await see([of('settings', 'eve')], 2_000);
    expect((await events())[2]?.data).not.toHaveProperty('meanwhile');
  });

  it('names who put back what had drifted when the applier was killed, and nothing else of before', async () => {
    const [one] = driftTo('b') as [DriftedObject];
    const named = (name: string): DriftedObject => ({ ...one, object: { ...one.object, name } });
    await see([named('settings'), named('more')], 10);
    const open = (await events())[0]?.data as { document: { digest: string } };
    record.end();
    start(open.document.digest);
    const putBack = ['more', 'other'].map((name) => ({
      ...{ object: named(name).object, path: '/data/value', manager: 'cid' },
    }));
    await see([named('settings')], 10, putBack);
    const [, later] = await events();
    expect(later?.data).toMatchObject({
      meanwhile: [{ object: { name: 'more' }, change: 'put-back', manager: 'cid' }],
    });
  });

  it('is nothing where it came back as it was before anybody was told of its end', async () => {
    await see(driftTo('b'), 10);
    await see([], 10);
    await see(driftTo('b'), 2_000);
    expect((await events()).map(({ type }) => type)).toEqual(['DriftDetected']);
  });

  it('is a dozen events an hour where somebody writes another value every second for ever', async () => {
    let count = 0;
    const hour = async () => {
      const before = (await events()).length;
      for (let second = 0; second < 3_600; second += 1) await see(driftTo(`b${(count += 1)}`), 1_000);
      return (await events()).length - before;
    };
    await hour();
    expect(await hour()).toBeLessThan(16);
    await vi.advanceTimersByTimeAsync(300_000);
    expect((await events()).at(-1)?.data).toMatchObject({ objects: driftTo(`b${count}`) });
  });

  it('is at once again after an hour of quiet', async () => {
    for (let round = 0; round < 60; round += 1) await see(driftTo(`b${round}`), 1_000);
    await vi.advanceTimersByTimeAsync(3_600_000);
    const before = (await events()).length;
    await see([], 10);
    expect((await events()).slice(before).map(({ type }) => type)).toEqual(['DriftHealed']);
  });
});
