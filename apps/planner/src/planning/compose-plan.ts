import type {
  DiffDocument,
  Operation,
  PlanDocument,
  PlanOrigin,
  SyncMode,
  TargetSpec,
} from '@syncline/events';
import { canonicalJson, digestOf, sha256Hex } from '@syncline/kernel';

/** What a plan is composed from. `cause` is the position of the request that it answers. */
export type PlanInput = {
  readonly cluster: string;
  readonly project: string;
  readonly application: string;
  readonly revision: string;
  readonly cause: string;
  readonly render: string;
  readonly spec: TargetSpec;
  readonly diff: DiffDocument;
  /** The deployment that it repeats, and what differs from that. */
  readonly from?: PlanOrigin;
};

/** A plan with what the log says of it. */
export type ComposedPlan = {
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`: the plan's identity. */
  readonly plan: string;
  /** Equal for equal changes on any cluster. */
  readonly change: string;
  readonly actions: Readonly<Record<string, number>>;
  readonly certainties: Readonly<Record<string, number>>;
  readonly needs: readonly string[];
  readonly refused: readonly string[];
};

/** Kinds whose removal takes along more than the object itself (the rules of docs/kubernetes.md). */
const preciousKinds = [
  'Namespace', 'CustomResourceDefinition', 'PersistentVolume', 'PersistentVolumeClaim', 'StatefulSet',
] as const; // prettier-ignore

const listed = 10;
const noPolicies = digestOf([]);

const nameOf = ({ object: { kind, namespace, name } }: Operation): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

const countBy = (operations: readonly Operation[], of: (operation: Operation) => string) => {
  const counts: Record<string, number> = {};
  for (const operation of operations) counts[of(operation)] = (counts[of(operation)] ?? 0) + 1;
  return counts;
};

const shortened = (sentences: readonly string[]): readonly string[] =>
  sentences.length <= listed
    ? sentences
    : [
        ...sentences.slice(0, listed - 1),
        `${sentences.length - listed + 1} more for the same kind of reason.`,
      ];

/** What a target may prune without a person: the smaller of the count and the percentage of what it holds. */
export const pruneBudget = ({ budget }: TargetSpec['prune'], inventory: number): number =>
  Math.min(budget.maxObjects, Math.floor((inventory * budget.maxPercent) / 100));

const overBudget = (prunes: number, { prune }: TargetSpec, inventory: number): readonly string[] => {
  const allowed = pruneBudget(prune, inventory);
  if (prunes <= allowed) return [];
  const { maxObjects, maxPercent } = prune.budget;
  return [
    `The plan removes ${prunes} of ${inventory} objects; the prune budget allows ${allowed} (at most ${maxObjects}, and ${maxPercent} percent).`,
  ];
};

/** Fields that are to be taken from others. What the last apply had set is drift, and in `heal` mode taken back by rule. */
const takeoversOf = (operation: Operation, { drift }: TargetSpec): readonly string[] =>
  (operation.takeovers ?? [])
    .filter(({ ours }) => !(ours === true && drift === 'heal'))
    .map(({ manager, paths, ours }) => {
      const many = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
      const before = ours === true ? ', which Syncline had set before' : '';
      return `${nameOf(operation)}: the plan takes ${paths.slice(0, 5).join(', ')}${many} from ${manager}${before}.`;
    });

/** An object that another tool applied before: whose fields become ours. */
const adoptionOf = (operation: Operation): readonly string[] => {
  if (!operation.adopts) return [];
  const named = (keeps: boolean): string =>
    [
      ...new Set(operation.adopts?.filter((one) => (one.keeps === true) === keeps).map((one) => one.manager)),
    ].join(', ');
  const [moved, kept] = [named(false), named(true)];
  const name = nameOf(operation);
  if (moved === '' && kept === '')
    return [`${name}: its adoption was begun and has not ended; the plan ends it.`];
  const keeping = kept === '' ? '' : ` ${kept} keeps what it set.`;
  if (moved === '') return [`${name}: ${kept} applied it before; the plan adopts it.${keeping}`];
  return [
    `${name}: ${moved} applied it before; the plan adopts it, and what ${moved} set becomes Syncline's.${keeping}`,
  ];
};

const needOf = (operation: Operation, spec: TargetSpec): readonly string[] => {
  if (operation.certainty === 'refused') return [];
  return [...adoptionOf(operation), ...takeoversOf(operation, spec), ...ownNeedOf(operation)];
};

const ownNeedOf = (operation: Operation): readonly string[] => {
  const name = nameOf(operation);
  const kinds: readonly string[] = preciousKinds;
  if (operation.protectedBecause !== undefined) return [`${name}: ${operation.protectedBecause}.`];
  if (operation.action === 'prune' && kinds.includes(operation.object.kind))
    return [`The plan removes ${name}.`];
  if (operation.certainty === 'unproven')
    return [`${name} cannot be tried before: a webhook refuses dry runs.`];
  return [];
};

const refusalOf = (operation: Operation): readonly string[] => {
  if (operation.certainty !== 'refused') return [];
  const { reason = 'the cluster refuses it', field } = operation.refusal ?? {};
  const name = nameOf(operation);
  const point = reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason;
  const place = field === undefined || point.includes(field) ? '' : ` (${field})`;
  return [`${name}${place}: ${point}`.slice(0, 500)];
};

/** An operation without what is the cluster's own: its uid and version, and the digest of what was there before, which covers it. */
const changeOf = (operation: Operation): unknown => ({
  ...operation,
  uid: undefined,
  resourceVersion: undefined,
  before: undefined,
});

/**
 * Whether the target already is what the plan says. Where nothing is held yet, a plan that changes no object is carried
 * out all the same: only then are the objects watched, and pruned later. What is only observed never is.
 */
export const isUnchanged = ({ operations, holds }: DiffDocument, mode: SyncMode): boolean =>
  operations.every(({ action, certainty }) => action === 'unchanged' && certainty === 'confirmed') &&
  (holds === undefined || mode === 'observe');

const documentOf = (input: PlanInput): PlanDocument => ({
  version: 1,
  project: input.project,
  application: input.application,
  destination: { kind: 'cluster', name: input.cluster },
  repository: input.spec.repository,
  revision: input.revision,
  cause: input.cause,
  render: input.render,
  namespace: input.spec.namespace,
  predicted: false,
  operations: input.diff.operations,
  prune: input.spec.prune,
  inventory: input.diff.inventory,
  policies: noPolicies,
  ...(input.from && { from: input.from }),
});

/** Makes a plan out of a dry run. Equal input gives equal bytes. */
export const composePlan = (input: PlanInput): ComposedPlan => {
  const { operations, inventory } = input.diff;
  const bytes = new TextEncoder().encode(canonicalJson(documentOf(input)));
  const prunes = operations.filter(({ action }) => action === 'prune').length;
  return {
    bytes,
    plan: sha256Hex(bytes),
    change: digestOf(operations.map(changeOf)),
    actions: countBy(operations, ({ action }) => action),
    certainties: countBy(operations, ({ certainty }) => certainty),
    needs: shortened([
      ...overBudget(prunes, input.spec, inventory),
      ...operations.flatMap((one) => needOf(one, input.spec)),
    ]),
    refused: shortened(operations.flatMap(refusalOf)),
  };
};
