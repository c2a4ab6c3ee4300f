import type { Json } from '@syncline/kernel';

import { isList, isObject } from '../schemas/json.js';
import { isSame } from '../schemas/json.js';

/** Why a patch cannot be carried out. */
export class PatchFailed extends Error {}

/** One operation of RFC 6902. */
export type JsonPatchOperation = {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
};

/** Applies a JSON patch (RFC 6902); throws PatchFailed where an operation does not fit. */
export const applyJsonPatch = (target: Json, operations: readonly JsonPatchOperation[]): Json =>
  operations.reduce(applyOperation, target);

const applyOperation = (target: Json, { op, path, from, value }: JsonPatchOperation): Json => {
  const at = pointer(path);
  if (op === 'add') return put(target, at, value ?? null, 'add');
  // The API server replaces members that are absent, too.
  if (op === 'replace') return put(target, at, value ?? null, 'replace');
  if (op === 'remove') return remove(target, at);
  if (op === 'copy') return put(target, at, valueAt(target, pointer(from)), 'add');
  if (op === 'move') return put(remove(target, pointer(from)), at, valueAt(target, pointer(from)), 'add');
  if (op === 'test' && isSame(valueAt(target, at), value ?? null)) return target;
  throw new PatchFailed(`${op} ${path}`);
};

const pointer = (text: string | undefined): string[] => {
  if (text === undefined || (text !== '' && !text.startsWith('/')))
    throw new PatchFailed(`no pointer: ${text ?? ''}`);
  const parts = text.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
};

const indexIn = (list: readonly Json[], key: string, last: number): number => {
  const index = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
  if (index < 0 || index > last) throw new PatchFailed(`no index ${key} in a list of ${list.length}`);
  return index;
};

const valueAt = (target: Json, [key, ...rest]: readonly string[]): Json => {
  if (key === undefined) return target;
  return valueAt(child(target, key), rest);
};

const child = (target: Json, key: string): Json => {
  const found = isList(target)
    ? target[indexIn(target, key, target.length - 1)]
    : isObject(target) && Object.hasOwn(target, key)
      ? target[key]
      : undefined;
  if (found === undefined) throw new PatchFailed(`nothing at ${key}`);
  return found;
};

/** The target with another value where a pointer leads to. */
const put = (target: Json, [key, ...rest]: readonly string[], value: Json, op: 'add' | 'replace'): Json => {
  if (key === undefined) return value;
  if (rest.length > 0) return withChild(target, key, put(child(target, key), rest, value, op));
  if (isList(target) && op === 'add') {
    const index = key === '-' ? target.length : indexIn(target, key, target.length);
    return [...target.slice(0, index), value, ...target.slice(index)];
  }
  return withChild(target, key, value);
};

const withChild = (target: Json, key: string, value: Json): Json => {
  if (isList(target)) return target.with(indexIn(target, key, target.length - 1), value);
  if (isObject(target))
    return Object.fromEntries([...Object.entries(target).filter(([name]) => name !== key), [key, value]]);
  throw new PatchFailed(`nothing holds ${key}`);
};

const remove = (target: Json, [key, ...rest]: readonly string[]): Json => {
  if (key === undefined) throw new PatchFailed('the whole cannot be removed');
  const found = child(target, key);
  if (rest.length > 0) return withChild(target, key, remove(found, rest));
  if (isList(target)) return target.toSpliced(indexIn(target, key, target.length - 1), 1);
  return Object.fromEntries(Object.entries(target as Record<string, Json>).filter(([name]) => name !== key));
};
