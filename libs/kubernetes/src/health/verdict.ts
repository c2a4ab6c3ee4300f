import type { Health } from '@syncline/events';

import type { KubeObject } from '../objects/kube-object.js';

/** How an object is, with the reason in words. */
export type Verdict = { readonly health: Health; readonly message: string };

/** One rule: a verdict, or undefined where it has nothing to say. */
export type Rule = (object: KubeObject) => Verdict | undefined;

/** One entry of `status.conditions`. */
export type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
};

export const current = (message: string): Verdict => ({ health: 'Current', message });
export const inProgress = (message: string): Verdict => ({ health: 'InProgress', message });
export const failed = (message: string): Verdict => ({ health: 'Failed', message });
export const suspended = (message: string): Verdict => ({ health: 'Suspended', message });

const field = (object: KubeObject, part: 'spec' | 'status', path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | null | undefined)?.[name],
      object[part],
    );

/** A number of the spec, such as `replicas` or `updateStrategy.rollingUpdate.partition`. */
export const specNumber = (object: KubeObject, path: string, otherwise: number): number => {
  const value = field(object, 'spec', path);
  return typeof value === 'number' ? value : otherwise;
};

/** A number of the status; 0 where the server left it out. */
export const statusNumber = (object: KubeObject, path: string): number => {
  const value = field(object, 'status', path);
  return typeof value === 'number' ? value : 0;
};

/** A text of the spec or status; empty where there is none. */
export const text = (object: KubeObject, part: 'spec' | 'status', path: string): string => {
  const value = field(object, part, path);
  return typeof value === 'string' ? value : '';
};

/** Whether a field of the spec is true. */
export const isSet = (object: KubeObject, path: string): boolean => field(object, 'spec', path) === true;

/** Whether the status holds a field at all. */
export const hasStatus = (object: KubeObject, path: string): boolean =>
  field(object, 'status', path) !== undefined;

export const conditionsOf = (object: KubeObject): readonly Condition[] => {
  const conditions = field(object, 'status', 'conditions');
  return Array.isArray(conditions) ? (conditions as readonly Condition[]) : [];
};

/** A condition by type, of this status where one is named. */
export const findCondition = (
  object: KubeObject,
  type: string,
  status?: 'True' | 'False',
): Condition | undefined =>
  conditionsOf(object).find((one) => one.type === type && (status === undefined || one.status === status));

/** What a condition says, or its reason, or these words. */
export const said = (condition: Condition, otherwise: string): string =>
  [condition.message, condition.reason].find((words) => words !== undefined && words !== '') ?? otherwise;

/** The first rule that says something. */
export const firstOf = (object: KubeObject, rules: readonly Rule[]): Verdict | undefined => {
  for (const rule of rules) {
    const verdict = rule(object);
    if (verdict) return verdict;
  }
  return undefined;
};

/** A rule that counts: in progress while fewer are there than wanted. */
export const counting =
  (word: string, actual: (object: KubeObject) => number, wanted: (object: KubeObject) => number): Rule =>
  (object) =>
    actual(object) < wanted(object)
      ? inProgress(`${word} ${actual(object)} of ${wanted(object)}`)
      : undefined;
