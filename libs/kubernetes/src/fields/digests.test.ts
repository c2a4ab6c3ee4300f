import { describe, expect, it } from 'vitest';

import type { KubeObject, ManagedFields } from '../objects/kube-object.js';
import { afterDigest, beforeDigest, pathsInQuestion } from './digests.js';

const ours: ManagedFields = {
  manager: 'syncline',
  operation: 'Apply',
  fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:selector': {}, 'f:limits': {} } },
};
type Parts = {
  readonly spec?: object;
  readonly metadata?: object;
  readonly others?: readonly ManagedFields[];
  readonly status?: object;
};
const objectWith = ({ spec, metadata, others = [], status }: Parts = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    uid: 'u1',
    resourceVersion: '5',
    generation: 1,
    managedFields: [ours, ...others],
    ...metadata,
  },
  spec: { replicas: 2, selector: { app: 'web' }, limits: {}, ...spec },
  ...(status && { status }),
});
const other = (
  manager: string,
  fieldsV1: NonNullable<ManagedFields['fieldsV1']>,
  operation = 'Update',
): ManagedFields => ({ manager, operation, fieldsV1 });
const before = (object: KubeObject): string => beforeDigest(object, pathsInQuestion(object, undefined));

describe('the before digest', () => {
  const usual = before(objectWith());

  it.each<[string, Parts]>([
    ['status', { status: { readyReplicas: 1 } }],
    ['resourceVersion and generation', { metadata: { resourceVersion: '9', generation: 4 } }],
    ['fields that we do not own', { spec: { paused: true }, metadata: { annotations: { seen: 'yes' } } }],
    ['the owners of those', { others: [other('someone', { 'f:spec': { 'f:paused': {} } })] }],
  ])('does not change with %s', (_what, parts) => {
    expect(before(objectWith(parts))).toBe(usual);
  });

  it.each<[string, Parts]>([
    ['the uid', { metadata: { uid: 'u2' } }],
    ['deletion', { metadata: { deletionTimestamp: '2026-11-24T06:00:00Z' } }],
    ['a value that we own', { spec: { replicas: 3 } }],
    ['an atomic value that we own', { spec: { selector: { app: 'web', tier: 'x' } } }],
    ['the absence of a value that we own', { spec: { replicas: undefined } }],
    ['another owner of what we own', { others: [other('autoscaler', { 'f:spec': { 'f:replicas': {} } })] }],
    [
      'the operation of that owner',
      { others: [other('autoscaler', { 'f:spec': { 'f:replicas': {} } }, 'Apply')] },
    ],
  ])('changes with %s', (_what, parts) => {
    expect(before(objectWith(parts))).not.toBe(usual);
  });

  it('does not depend on the order of other owners', () => {
    const [one, two] = [
      other('a', { 'f:spec': { 'f:replicas': {} } }),
      other('b', { 'f:spec': { 'f:replicas': {} } }),
    ];
    expect(before(objectWith({ others: [one, two] }))).toBe(before(objectWith({ others: [two, one] })));
  });

  it('takes a map that we own empty as present where others fill it', () => {
    const cpu = (value: number) => ({
      spec: { limits: { cpu: value } },
      others: [other('autoscaler', { 'f:spec': { 'f:limits': { 'f:cpu': {} } } })],
    });
    expect(before(objectWith(cpu(1)))).toBe(before(objectWith(cpu(2))));
  });
});

describe('the after digest', () => {
  it('covers the values afterwards and the paths that go', () => {
    const live = objectWith();
    const paths = pathsInQuestion(live, undefined);
    const dropped = objectWith({ spec: { replicas: undefined } });
    expect(afterDigest(live, paths)).toBe(afterDigest(objectWith({ status: { readyReplicas: 2 } }), paths));
    expect(afterDigest(dropped, paths)).not.toBe(afterDigest(live, paths));
    expect(afterDigest(dropped, paths)).not.toBe(
      afterDigest(
        dropped,
        paths.filter(({ pointer }) => pointer !== '/spec/replicas'),
      ),
    );
  });
});
