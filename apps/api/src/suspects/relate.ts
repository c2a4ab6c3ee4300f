import type { FieldChange, Operation } from '@syncline/events';

/** How near a change is to what fails, the nearest first. */
export const relations = ['object', 'application', 'namespace', 'cluster'] as const;
export type Relation = (typeof relations)[number];

/** An object by kind, namespace and name. */
export type Named = {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
};

/** What fails: a target, its namespace, and the objects that are named as the cause. */
export type Failing = {
  readonly project: string;
  readonly application: string;
  readonly namespace: string;
  readonly objects: readonly Named[];
};

/** A change: whose it is, and what it did. */
export type Changed = {
  readonly project: string;
  readonly application: string;
  readonly namespace: string;
  readonly operations: readonly Operation[];
};

/** What a change did to one object. */
export type Touched = {
  readonly object: Named;
  readonly action: Operation['action'];
  readonly changes: readonly FieldChange[];
  readonly more: number;
};

const mostFields = 5;

const keyOf = ({ kind, namespace, name }: Named): string => JSON.stringify([kind, namespace ?? '', name]);

/** A Pod is made by what is above it, and is named after it. */
const isOf = (failing: Named, changed: Named): boolean =>
  keyOf(failing) === keyOf(changed) ||
  (failing.kind === 'Pod' &&
    failing.namespace === changed.namespace &&
    failing.name.startsWith(`${changed.name}-`));

const touchedBy = ({ object, action, changes, changesOmitted = 0 }: Operation): Touched => ({
  object,
  action,
  changes: changes.slice(0, mostFields),
  more: Math.max(0, changes.length - mostFields) + changesOmitted,
});

/** What cannot be told apart by namespace: definitions, webhooks, roles and namespaces of the whole cluster. */
const isOfCluster = ({ object: { kind, namespace } }: Operation): boolean =>
  namespace === undefined && kind !== 'Namespace';

/** The operations that count for each relation. */
const operationsBy = (failing: Failing, { operations }: Changed): Readonly<Record<Relation, Operation[]>> => {
  const done = operations.filter(({ action }) => action !== 'unchanged');
  return {
    object: done.filter(({ object }) => failing.objects.some((one) => isOf(one, object))),
    application: done,
    namespace: done.filter(({ object }) => object.namespace === failing.namespace),
    cluster: done.filter(isOfCluster),
  };
};

/**
 * How near a change is to what fails, and what of it is: the very objects, the same application, its namespace, or what the
 * whole cluster shares. Undefined where it touched nothing of these.
 */
export const relate = (
  failing: Failing,
  changed: Changed,
): { readonly relation: Relation; readonly touched: readonly Touched[] } | undefined => {
  const counted = operationsBy(failing, changed);
  const isOwn = failing.project === changed.project && failing.application === changed.application;
  const possible = isOwn ? relations : relations.filter((one) => one !== 'application');
  const relation = possible.find((one) => counted[one].length > 0);
  return relation && { relation, touched: counted[relation].map(touchedBy) };
};
