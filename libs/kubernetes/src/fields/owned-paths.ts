import type { Json } from '@syncline/kernel';

import { fieldManager } from '../objects/marks.js';
import { without, type KubeObject, type ManagedFields } from '../objects/kube-object.js';
import { escapePointer } from '../objects/secret-veil.js';

/** One step of FieldsV1: `f:<name>`, `k:<keys as JSON>`, `v:<value as JSON>` or `i:<index>`. */
type Step = string;

/**
 * A path that a manager owns. `pointer` is a JSON pointer with keys in place of indexes (`/containers/[name=web]/image`).
 * A `member` owns only that the item or map is there (`.` in FieldsV1), not what is below it.
 */
export type OwnedPath = {
  readonly pointer: string;
  readonly steps: readonly Step[];
  readonly member: boolean;
};

/** Another owner of a path. */
export type OtherOwner = {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
};

type Fields = Readonly<Record<string, Json>>;

const keyText = (keys: Readonly<Record<string, Json>>): string =>
  Object.entries(keys)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(',');

const stepText = (step: Step): string => {
  const rest = step.slice(2);
  if (step.startsWith('k:')) return `[${escapePointer(keyText(JSON.parse(rest) as Record<string, Json>))}]`;
  if (step.startsWith('v:')) return `[=${escapePointer(String(JSON.parse(rest)))}]`;
  return escapePointer(rest);
};

/** The paths of a FieldsV1 set (sigs.k8s.io/structured-merge-diff, fieldpath.Set). */
export const pathsOf = (fields: Fields | undefined): OwnedPath[] => {
  const paths: OwnedPath[] = [];
  const walk = (set: Fields, steps: readonly Step[], pointer: string): void => {
    for (const [step, below] of Object.entries(set)) {
      if (step === '.') {
        paths.push({ pointer, steps, member: true });
        continue;
      }
      const here = `${pointer}/${stepText(step)}`;
      const children = below as Fields;
      if (Object.keys(children).length === 0)
        paths.push({ pointer: here, steps: [...steps, step], member: false });
      else walk(children, [...steps, step], here);
    }
  };
  walk(fields ?? {}, [], '');
  return paths;
};

/** Whether an entry of managedFields is what we own by server-side apply. */
export const isOurs = ({ manager, operation, subresource }: ManagedFields): boolean =>
  manager === fieldManager && operation === 'Apply' && (subresource ?? '') === '';

/** The entries of an object's managedFields. */
export const managed = (object: KubeObject): readonly ManagedFields[] => object.metadata.managedFields ?? [];

/** The paths that we own by server-side apply. */
export const ourPaths = (object: KubeObject): OwnedPath[] =>
  managed(object)
    .filter(isOurs)
    .flatMap((entry) => pathsOf(entry.fieldsV1));

/** Whether we have ever applied the object. */
export const isAppliedByUs = (object: KubeObject): boolean => managed(object).some(isOurs);

/** The managers of an object besides us. */
export const otherManagers = (object: KubeObject): readonly OtherOwner[] =>
  managed(object)
    .filter((entry) => !isOurs(entry))
    .map(ownerOf);

/** Whose entry it is. */
export const ownerOf = ({ manager = '', operation = '', subresource = '' }: ManagedFields): OtherOwner => ({
  manager,
  operation,
  subresource,
});

/** What each manager besides us owns. */
export const otherPaths = (
  object: KubeObject,
): readonly { readonly owner: OtherOwner; readonly paths: readonly OwnedPath[] }[] =>
  managed(object)
    .filter((entry) => !isOurs(entry))
    .map((entry) => ({ owner: ownerOf(entry), paths: pathsOf(entry.fieldsV1) }));

/** Who else owns which pointers; `below` are pointers under which somebody else owns something. */
export type OtherOwners = {
  readonly of: ReadonlyMap<string, readonly OtherOwner[]>;
  readonly below: ReadonlySet<string>;
};

/** Collects the other owners of every path of an object. */
export const othersOf = (object: KubeObject): OtherOwners => {
  const of = new Map<string, OtherOwner[]>();
  const below = new Set<string>();
  for (const { owner, paths } of otherPaths(object)) {
    for (const { pointer } of paths) {
      of.set(pointer, [...(of.get(pointer) ?? []), owner]);
      for (let at = pointer.lastIndexOf('/'); at > 0; at = pointer.lastIndexOf('/', at - 1))
        below.add(pointer.slice(0, at));
    }
  }
  return { of, below };
};

const hasKeys = (item: unknown, keys: Readonly<Record<string, Json>>): boolean =>
  typeof item === 'object' &&
  item !== null &&
  Object.entries(keys).every(([name, value]) => (item as Record<string, unknown>)[name] === value);

const stepInto = (value: unknown, step: Step): unknown => {
  const rest = step.slice(2);
  if (step.startsWith('f:')) {
    const isMap =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, rest);
    return isMap ? (value as Record<string, unknown>)[rest] : undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const list = value as readonly unknown[];
  if (step.startsWith('k:')) {
    const keys = JSON.parse(rest) as Record<string, Json>;
    return list.find((item) => hasKeys(item, keys));
  }
  const wanted: unknown = JSON.parse(rest);
  return step.startsWith('v:') ? list.find((item) => item === wanted) : list[Number(wanted)];
};

/** The value at a path; undefined where there is none. */
export const valueAt = (object: KubeObject, { steps }: Pick<OwnedPath, 'steps'>): unknown =>
  steps.reduce<unknown>(stepInto, object);

/** A copy of a value without what is at a path; the maps and lists around it stay, even empty. */
const withoutAt = (value: unknown, [step, ...below]: readonly Step[]): unknown => {
  if (step === undefined) return value;
  const there = stepInto(value, step);
  if (there === undefined) return value;
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    if (below.length === 0) return list.filter((item) => item !== there);
    return list.map((item) => (item === there ? withoutAt(item, below) : item));
  }
  const name = step.slice(2);
  const members = value as Readonly<Record<string, unknown>>;
  return below.length === 0 ? without(members, name) : { ...members, [name]: withoutAt(there, below) };
};

/** An object without the value at a path. */
export const withoutPath = (object: KubeObject, { steps }: Pick<OwnedPath, 'steps'>): KubeObject =>
  withoutAt(object, steps) as KubeObject;
