import { memoryHub, MemoryWorld } from '@syncline/event-store';
import type { Aggregates, Cause, EventLog, ServedClusters } from '@syncline/kernel';
import { expect, test } from 'vitest';

import { ClusterRegistration } from './registration.js';

const because: Cause = { actor: 'person:1', correlationId: 'change-1' };
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `edge-${String(from + at).padStart(2, '0')}`);

/** A hub in memory that tells which lists were written, each of them slowly; some may break, and reading may take its time. */
const startHub = (applier = 'hub') => {
  const world = new MemoryWorld();
  const hub = memoryHub(world, 'api');
  const written: (readonly string[])[] = [];
  const broken = { times: 0 };
  const slowly = { readMs: 0, decideMs: 0 };
  const aggregates: Aggregates = {
    load: (...about) => hub.aggregates.load(...about),
    decide: async (...about) => {
      await new Promise((resolve) => setTimeout(resolve, slowly.decideMs));
      return hub.aggregates.decide(...about);
    },
  };
  const log: EventLog = {
    lastSequence: () => hub.log.lastSequence(),
    lastPosition: () => hub.log.lastPosition(),
    subjects: (filter) => hub.log.subjects(filter),
    read: (...about) => hub.log.read(...about),
    follow: (...about) => hub.log.follow(...about),
    scanInBatches: (filter) => hub.log.scanInBatches(filter),
    async *scan(filter) {
      yield* hub.log.scan(filter);
      await new Promise((resolve) => setTimeout(resolve, slowly.readMs));
    },
  };
  const servedClusters: ServedClusters = {
    watch: (...about) => hub.servedClusters.watch(...about),
    admit: (...about) => hub.servedClusters.admit(...about),
    revoke: (...about) => hub.servedClusters.revoke(...about),
    assign: async (to, clusters, agent) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (broken.times > 0) throw new Error(`broken ${(broken.times -= 1)} times more`);
      await hub.servedClusters.assign(to, clusters, agent);
      if (to === applier) written.push(clusters);
    },
  };
  const start = (): ClusterRegistration =>
    new ClusterRegistration({
      ...hub,
      aggregates,
      log,
      servedClusters,
      recipients: { hub: 'age1a', edge: 'age1b' },
    });
  return { written, broken, slowly, start };
};
const register = (registration: ClusterRegistration, cluster: string, applier = 'hub') =>
  registration.register({ cluster, labels: {}, applier }, because);

test('clusters that are registered together are put on the list of their applier together', async () => {
  const { written, start } = startHub();
  const registration = start();
  await Promise.all(names(0, 60).map((cluster) => register(registration, cluster)));
  expect(written.at(-1)).toEqual(names(0, 60));
  expect(written.length).toBeLessThanOrEqual(2);
});

test('the list is that of the log after a restart, and others that write to the log are on it', async () => {
  const { written, start } = startHub();
  const [one, other] = [start(), start()];
  for (const cluster of names(0, 3)) await register(one, cluster);
  for (const cluster of names(3, 6)) await register(other, cluster);
  await register(one, 'edge-06');
  expect(written.at(-1)).toEqual(names(0, 7));
  await other.remove('edge-03', undefined, because);
  expect(written.at(-1)).toEqual(names(0, 7).filter((name) => name !== 'edge-03'));
  await register(start(), 'edge-07');
  expect(written.at(-1)).toEqual(names(0, 8).filter((name) => name !== 'edge-03'));
});

test('a cluster whose registration ends while the list is made is on it', async () => {
  const { written, start, slowly } = startHub();
  const registration = start();
  Object.assign(slowly, { readMs: 20, decideMs: 10 });
  const all = names(0, 40).map(async (cluster, at) => {
    await new Promise((resolve) => setTimeout(resolve, at * 3));
    await register(registration, cluster);
  });
  await Promise.all(all);
  expect(written.at(-1)).toEqual(names(0, 40));
  for (const [at, list] of written.entries())
    expect(list).toEqual(expect.arrayContaining([...(written[at - 1] ?? [])]));
});

test('a cluster that moves to another applier is on one list', async () => {
  const { written, start } = startHub('edge');
  const registration = start();
  await Promise.all(names(0, 4).map((cluster) => register(registration, cluster)));
  await Promise.all(names(0, 2).map((cluster) => register(registration, cluster, 'edge')));
  expect(written.at(-1)).toEqual(names(0, 2));
  await register(registration, 'edge-00');
  expect(written.at(-1)).toEqual(['edge-01']);
});

test('where the list cannot be written nobody becomes a member, and the next one is as the log says', async () => {
  const { written, broken, start } = startHub();
  const registration = start();
  await register(registration, 'edge-00');
  broken.times = 1;
  await expect(register(registration, 'edge-01')).rejects.toThrow('broken');
  await register(registration, 'edge-02');
  expect(written.at(-1)).toEqual(['edge-00', 'edge-02']);
});
