import type { HeldFields, IgnoreRule, ObjectName } from '@syncline/events';

import { groupOf, type KubeObject } from '../objects/kube-object.js';
import { keyOf } from './digests.js';
import { othersOf, ourPaths, valueAt, type OwnedPath } from './owned-paths.js';
import { valueAtPointer, withAtPointer } from './pointer-value.js';

/** Under which name a plan says that a field is left alone because the application's manifest asks for it. */
export const ignoreRuleName = 'an ignore rule of the application';

const fits = ({ group, kind, namespace, name }: IgnoreRule, object: ObjectName): boolean =>
  kind === object.kind &&
  (group === undefined || group === groupOf(object.apiVersion)) &&
  (namespace === undefined || namespace === object.namespace) &&
  (name === undefined || name === object.name);

/** The fields of an object that rules leave to others, as pointers; what is below them is left, too. */
export const ignoresOf = (rules: readonly IgnoreRule[], object: ObjectName): readonly string[] => [
  ...new Set(rules.filter((rule) => fits(rule, object)).flatMap(({ fields }) => fields)),
];

/** Whether a field is one of those, or below one. */
export const isIgnored = (ignores: readonly string[], pointer: string): boolean =>
  ignores.some((field) => pointer === field || pointer.startsWith(`${field}/`));

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasKeys = (item: unknown, keys: Readonly<Record<string, unknown>>): boolean =>
  isMap(item) && Object.entries(keys).every(([name, value]) => (item[name] ?? value) === value);

const putItem = (
  list: readonly unknown[],
  keys: Readonly<Record<string, unknown>>,
  made: (item: unknown) => unknown,
): unknown => {
  const at = list.findIndex((item) => hasKeys(item, keys));
  return at < 0 ? [...list, made(keys)] : list.with(at, made(list[at]));
};

/** A copy of a value with another one at an owned path; maps and items on the way are made where they are missing. */
const put = (value: unknown, [step, ...below]: OwnedPath['steps'], leaf: unknown): unknown => {
  if (step === undefined) return leaf;
  const rest = step.slice(2);
  if (step.startsWith('f:')) {
    const map = isMap(value) ? value : {};
    return { ...map, [rest]: put(map[rest], below, leaf) };
  }
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const wanted: unknown = JSON.parse(rest);
  if (step.startsWith('k:'))
    return putItem(list, wanted as Record<string, unknown>, (item) => put(item, below, leaf));
  return step.startsWith('v:') && !list.includes(wanted) ? [...list, wanted] : list;
};

/** What is sent of a manifest whose ignored fields stay as they are live, and which fields those are. */
type Left = { readonly body: KubeObject; readonly conceded: readonly HeldFields[] };

/**
 * Leaves ignored fields as they are live. What somebody else holds, and what is not there, is not sent; what is ours alone is sent
 * as it is, because to leave it out would take it away.
 */
export const concedeIgnored = (body: KubeObject, live: KubeObject, ignores: readonly string[]): Left => {
  const left = ignores.filter(
    (field) => valueAtPointer(body, field) !== undefined || valueAtPointer(live, field) !== undefined,
  );
  if (left.length === 0) return { body, conceded: [] };
  const all = ourPaths(live);
  const ours = all.filter(({ pointer }) => isIgnored(left, pointer));
  const { of } = othersOf(live);
  const bare = left.reduce<KubeObject>((one, field) => withAtPointer(one, field, undefined), body);
  const kept = ours.filter(({ pointer, member }) => !member && !of.has(pointer));
  const sent = kept.reduce((one, path) => put(one, path.steps, valueAt(live, path)) as KubeObject, bare);
  // A map or list that is one value to the server is ours as a whole: the ignored part of it is that which is live.
  const inside = left.filter((field) =>
    all.some(({ pointer, member }) => !member && field.startsWith(`${pointer}/`)),
  );
  const whole = inside.reduce<KubeObject>(
    (one, field) => withAtPointer(one, field, valueAtPointer(live, field)),
    sent,
  );
  const paths = [...new Set([...left, ...ours.map(keyOf)])];
  return { body: whole, conceded: [{ manager: ignoreRuleName, paths }] };
};
