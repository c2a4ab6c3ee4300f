import { targetAggregate, type Applied, type TargetCommand } from '@syncline/domain';
import { memoryAgent, MemoryWorld } from '@syncline/event-store';
import { subjects, type DriftedObject, type TargetEvent } from '@syncline/events';
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

  const decide = (command: TargetCommand) =>
    memoryAgent(world, 'hub').aggregates.decide(targetAggregate, subject, command, {
      actor,
      correlationId: 'c',
    });
  const events = async () => {
    const entries = await memoryAgent(world, 'hub').log.read(subject);
    return entries.flatMap((entry) => entry.events as readonly TargetEvent[]).slice(2);
  };
  const see = async (objects: readonly DriftedObject[], thenMs: number) => {
    record.watch().onDrift(objects);
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
    const around = {
      ...{
        cluster,
        log: agent,
        documents: new Documents(agent.blobs, cluster, new ReadBlobs()),
        identity: '',
      },
      ...{ meter: applierMeter(new Metrics('applier')), logger: createLogger('applier', 'silent') },
    } as unknown as ClusterSurroundings;
    record = new DriftRecord(around, target, applied, { namespace: 'checkout', onSeen: () => undefined });
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
