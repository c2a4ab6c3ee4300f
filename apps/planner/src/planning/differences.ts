import type { DiffDocument, Operation, PlanDocument, PlanOrigin, TargetSpec } from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';

type Difference = PlanOrigin['differences'][number];

/** A plan that repeats a deployment, and the deployment's own plan; `then` is undefined where that is gone. */
export type Repeated = {
  readonly then: PlanDocument | undefined;
  readonly cluster: string;
  readonly spec: TargetSpec;
  readonly diff: DiffDocument;
};

const nameOf = ({ kind, namespace, name }: Operation['object']): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
const byObject = (operations: readonly Operation[]): ReadonlyMap<string, Operation> =>
  new Map(operations.map((one) => [canonicalJson(one.object), one]));

const live = (sentence: string): Difference => ({ about: 'live', sentence });

/** What the API server holds of an object, compared with what it held when the deployment was planned. */
const liveDifference = (now: Operation, then: Operation | undefined): readonly Difference[] => {
  const name = nameOf(now.object);
  if (!then)
    return now.action === 'prune'
      ? [live(`${name} is there now and is no part of the deployment: it is removed.`)]
      : [live(`${name} is no part of the plan of then.`)];
  if (then.before === now.before) return [];
  if (then.before === undefined) return [live(`${name} was created then and is there now.`)];
  if (now.before === undefined) return [live(`${name} was there then and is gone now: it is created.`)];
  return [live(`${name} was found in another state then.`)];
};

/** Values of Secrets by their HMACs: those of two appliers say nothing of each other. */
const secretDifferences = (now: Operation, then: Operation | undefined): readonly Difference[] => {
  if (!now.secrets || !then?.secrets) return [];
  const changed = Object.keys(now.secrets).filter((field) => now.secrets?.[field] !== then.secrets?.[field]);
  const [name, fields] = [nameOf(now.object), changed.join(', ')];
  return changed.length === 0
    ? []
    : [{ about: 'secrets', sentence: `${name}: ${fields} hold other values than then.` }];
};

const ruleDifferences = (then: PlanDocument, { prune }: TargetSpec): readonly Difference[] => {
  if (canonicalJson(then.prune) === canonicalJson(prune)) return [];
  const said = ({ enabled, budget }: TargetSpec['prune']): string =>
    enabled ? `at most ${budget.maxObjects} objects and ${budget.maxPercent} percent` : 'nothing';
  return [
    { about: 'rules', sentence: `It may prune ${said(prune)}; the plan of then might ${said(then.prune)}.` },
  ];
};

/** Where the manifests were carried out, where that is another cluster. */
const clusterDifferences = (then: PlanDocument, { cluster, diff }: Repeated): readonly Difference[] => {
  const { name } = then.destination;
  if (name === cluster) return [];
  const secrets = diff.operations.filter((one) => one.secrets).map((one) => nameOf(one.object));
  return [
    { about: 'values', sentence: `Carried out on ${name} then, now on ${cluster}.` },
    ...secrets.map((secret): Difference => {
      const sentence = `${secret}: its values are sealed to the applier of ${cluster}; whether they are those of then cannot be seen.`;
      return { about: 'secrets', sentence };
    }),
  ];
};

const removedThen = (then: PlanDocument, now: ReadonlyMap<string, Operation>): readonly Difference[] =>
  then.operations
    .filter((one) => one.action === 'prune' && !now.has(canonicalJson(one.object)))
    .map((one) => live(`${nameOf(one.object)} was removed then and is not there now.`));

/** Everything in which a plan differs from the deployment that it repeats. Pure. */
export const differencesOf = (repeated: Repeated): readonly Difference[] => {
  const { then, cluster, spec, diff } = repeated;
  if (!then) return [live('The plan of then is no longer in the record: it cannot be compared.')];
  const [before, now] = [byObject(then.operations), byObject(diff.operations)];
  const pairs = [...now].map(([key, one]) => [one, before.get(key)] as const);
  const isHere = then.destination.name === cluster;
  return [
    ...clusterDifferences(then, repeated),
    ...ruleDifferences(then, spec),
    ...(isHere ? pairs.flatMap(([one, was]) => secretDifferences(one, was)) : []),
    ...(isHere ? pairs.flatMap(([one, was]) => liveDifference(one, was)) : []),
    ...(isHere ? removedThen(then, now) : []),
  ];
};
