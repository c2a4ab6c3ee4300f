import { describe, expect, it } from 'vitest';

import type { InventoryEntry } from '../cluster-client.js';
import type { KubeObject, ManagedFields } from '../objects/kube-object.js';
import { judgeDrift } from './judge-drift.js';
import { putBackBy } from './put-back.js';

const fields = ['/data/a', '/data/b', '/metadata/labels/app'];
const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'cfg' };
const entryOf = (more: Partial<InventoryEntry> = {}): InventoryEntry => ({
  object,
  uid: 'u1',
  fields,
  ...more,
});
const ownedBy = (manager: string, data: readonly string[], operation = 'Update'): ManagedFields => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsV1: { 'f:data': Object.fromEntries(data.map((key) => [`f:${key}`, {}])) },
});
const label = { 'f:metadata': { 'f:labels': { 'f:app': {} } } };
const ours = (...data: readonly string[]): ManagedFields => {
  const entry = ownedBy('syncline', data, 'Apply');
  return { ...entry, fieldsV1: { ...entry.fieldsV1, ...label } };
};
const configMap = (
  data: Record<string, string>,
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cfg', namespace: 'shop', uid: 'u1', labels: { app: 'shop' }, ...metadata },
  data,
});
const applied = configMap({ a: '1', b: '2' });
const judge = (live: KubeObject | undefined, more: object = {}) =>
  judgeDrift({ entry: entryOf(), applied, live, ...more });
const fieldsOf = (live: KubeObject, more: object = {}) => judge(live, more)?.fields;
const edited = (a: string) =>
  configMap({ a, b: '2' }, { managedFields: [ours('b'), ownedBy('kubectl-edit', ['a'])] });

describe('drift', () => {
  it('is nothing where all that was applied is still ours', () => {
    const managedFields = [ours('a', 'b'), ownedBy('somebody', ['c'])];
    expect(judge(configMap({ a: '1', b: '2', c: '3' }, { managedFields }))).toBeUndefined();
  });

  it('is a field that somebody took and changed, and nothing where it was put back', () => {
    expect(fieldsOf(edited('9'))).toEqual([
      { path: '/data/a', change: 'changed', from: '1', to: '9', manager: 'kubectl-edit' },
    ]);
    expect(judge(edited('1'))).toBeUndefined();
  });

  it('is nothing where the server would make the same of the manifest', () => {
    expect(judge(edited('one'), { result: configMap({ a: 'one', b: '2' }) })).toBeUndefined();
    expect(fieldsOf(edited('one'), { result: configMap({ a: 'uno', b: '2' }) })).toHaveLength(1);
    const dropped = configMap({ b: '2' }, { managedFields: [ours('b')] });
    expect(fieldsOf(dropped)).toMatchObject([{ change: 'removed', from: '1' }]);
    expect(judge(dropped, { result: configMap({ b: '2' }) })).toBeUndefined();
  });

  it('is a label of ours that somebody removes', () => {
    const { fieldsV1, ...rest } = ownedBy('syncline', ['a', 'b'], 'Apply');
    const live = configMap(
      { a: '1', b: '2' },
      { labels: {}, managedFields: [{ ...rest, fieldsV1: fieldsV1! }] },
    );
    expect(fieldsOf(live)).toEqual([{ path: '/metadata/labels/app', change: 'removed', from: 'shop' }]);
  });

  it('is an object that is gone, or another one under its name, but none that is on its way out', () => {
    expect(judge(undefined)).toMatchObject({ change: 'deleted', fieldCount: 0 });
    expect(judge(configMap({}, { uid: 'u2' }))).toMatchObject({ change: 'recreated', uid: 'u2' });
    const deletionTimestamp = '2026-11-24T06:00:00Z';
    expect(judge(configMap({}, { deletionTimestamp }))).toBeUndefined();
  });

  it('is no finished Job that its time to live removed, but one that has none', () => {
    const entry = entryOf({ object: { ...object, apiVersion: 'batch/v1', kind: 'Job' } });
    const job = (spec: object): KubeObject => ({ ...applied, apiVersion: 'batch/v1', kind: 'Job', spec });
    const gone = { entry, live: undefined };
    expect(judgeDrift({ ...gone, applied: job({ ttlSecondsAfterFinished: 0 }) })).toBeUndefined();
    expect(judgeDrift({ ...gone, applied: job({}) })).toMatchObject({ change: 'deleted' });
    expect(judgeDrift({ ...gone, applied: undefined })).toMatchObject({ change: 'deleted' });
  });

  it('counts all fields and lists a bounded number of them, without values that are too long', () => {
    const keys = Array.from({ length: 300 }, (_, at) => `key-${at}`);
    const entry = entryOf({ fields: keys.map((key) => `/data/${key}`) });
    const all = (value: string) => configMap(Object.fromEntries(keys.map((key) => [key, value])));
    const drift = judgeDrift({ entry, applied: all('old'), live: all('x'.repeat(3_000)) });
    expect(drift?.fieldCount).toBe(300);
    expect(drift?.fields).toHaveLength(200);
    expect(JSON.stringify(drift).length).toBeLessThan(50_000);
  });
});

describe('who put it back', () => {
  const drifted = judge(edited('9'));

  it('is who holds what had drifted, whoever holds what else', () => {
    const managedFields = [ours(), ownedBy('kubectl-edit', ['a']), ownedBy('helm', ['b'])];
    const live = configMap({ a: '1', b: '2' }, { managedFields });
    expect(putBackBy(entryOf(), live, drifted)).toBe('kubectl-edit');
  });

  it('is us where it is ours again, and nobody that is known where nobody holds it', () => {
    expect(
      putBackBy(entryOf(), configMap({ a: '1', b: '2' }, { managedFields: [ours('a', 'b')] }), drifted),
    ).toBe('syncline');
    expect(
      putBackBy(entryOf(), configMap({ b: '2' }, { managedFields: [ours('b')] }), drifted),
    ).toBeUndefined();
  });

  it('is who holds what is ours no more, where nobody saw the drift', () => {
    expect(putBackBy(entryOf(), edited('1'), undefined)).toBe('kubectl-edit');
    expect(putBackBy(entryOf(), undefined, undefined)).toBeUndefined();
  });
});
