import { setTimeout as delay } from 'node:timers/promises';

import type { Figure } from '../benchmark.ts';
import { measured } from '../usage.ts';
import { configMap, fourKinds, fourObjects, manifest, namespace, roundLabel } from './fleet.ts';
import type { Installation } from './installation.ts';
import { inFloor } from './ten-objects.ts';

const applications = Array.from({ length: 100 }, (_, at) => `app-${at}`);
const [created, changed, one] = [1001, 1002, 1003];

const timed = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const write = async (installation: Installation, name: string, round: number): Promise<void> => {
  const [, ...others] = fourObjects(name, created);
  await installation.declare(name, { 'all.json': manifest([configMap(name, round), ...others]) });
};

/** Pushes what is written and gives the milliseconds until so many objects of the round are there. */
const deliver = async (
  { tree, kube, push }: Installation,
  kinds: Parameters<Installation['kube']['watch']>[0],
  round: number,
  count: number,
): Promise<number> => {
  await tree.commit(`Round ${round}`);
  const { reached } = await kube.watch(kinds, namespace, `${roundLabel}=${round}`, count);
  const pushed = await push();
  return (await reached) - pushed;
};

/** A hundred applications of four objects, created by one push. */
const createAll = async (installation: Installation): Promise<readonly Figure[]> => {
  const objects = applications.flatMap((name) => fourObjects(name, created));
  const floor = await timed(() => installation.kube.apply(objects.map(inFloor)));
  // What the controllers still make of the floor's Deployments is no part of the delivery.
  await installation.kube.untilAvailable(`${namespace}-floor`);
  for (const name of applications) await write(installation, name, created);
  const { result, usage } = await measured(installation.pids, () =>
    deliver(installation, fourKinds, created, objects.length),
  );
  await installation.untilHealthy(applications.length + 1);
  const name = '100 applications × 4 objects created';
  const rateOf = (ms: number): number => (objects.length / ms) * 1000;
  const target = 0.6 * rateOf(floor);
  return [
    { name, value: result, unit: 'ms', floor, target: 2.5 * floor, better: 'lower', usage },
    { name, value: rateOf(result), unit: 'objects/s', floor: rateOf(floor), target, better: 'higher', usage },
  ];
};

/** One object changed in each of the hundred by one push. */
const changeAll = async (installation: Installation): Promise<Figure> => {
  const objects = applications.map((name) => configMap(name, changed));
  const floor = await timed(() => installation.kube.apply(objects.map(inFloor)));
  for (const name of applications) await write(installation, name, changed);
  const { result, usage } = await measured(installation.pids, () =>
    deliver(installation, fourKinds.slice(0, 1), changed, objects.length),
  );
  await installation.untilHealthy(applications.length + 1);
  const common = { unit: 'ms', better: 'lower', usage } as const;
  const target = Math.max(4_000, 2.5 * floor);
  return { name: '100 applications, 1 object of each changed', value: result, floor, target, ...common };
};

/** One file changed: what is rendered and asked of the cluster for the other ninety-nine. */
const changeOne = async (installation: Installation): Promise<readonly Figure[]> => {
  const [name = ''] = applications;
  // After an apply objects are read that the watches have not told of yet: those of the round before are no part of this one.
  await delay(2_000);
  const rendered = await installation.rendered();
  const since = await installation.auditSize();
  await write(installation, name, one);
  const { usage } = await measured(installation.pids, () =>
    deliver(installation, fourKinds.slice(0, 1), one, 1),
  );
  await installation.untilHealthy(applications.length + 1);
  await delay(2_000);
  const calls = await installation.requestsOf('syncline', since);
  const forOthers = calls.filter(
    ({ objectRef }) =>
      objectRef?.namespace === namespace &&
      objectRef.resource !== 'namespaces' &&
      objectRef.name !== undefined &&
      objectRef.name !== name,
  );
  const common = { floor: 0, target: 0, better: 'lower', usage } as const;
  return [
    {
      name: '1 of 100 changed: renders of the others',
      value: (await installation.rendered()) - rendered - 1,
      unit: 'renders',
      ...common,
    },
    {
      name: '1 of 100 changed: cluster calls for the others',
      value: forOthers.length,
      unit: 'calls',
      ...common,
    },
  ];
};

/** What a hundred applications on one cluster take from one push to the last object. */
export const hundredApplications = async (installation: Installation): Promise<readonly Figure[]> => [
  ...(await createAll(installation)),
  await changeAll(installation),
  ...(await changeOne(installation)),
];
