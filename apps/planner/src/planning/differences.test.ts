import type { DiffDocument, KubernetesOperation, PlanDocument, TargetSpec } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import { differencesOf } from './differences.js';

const prune = { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } };
const dig = (digit: string) => digit.repeat(64);
const operation = (name: string, more: Partial<KubernetesOperation> = {}): KubernetesOperation => ({
  ...{ kind: 'kubernetes', action: 'configure', certainty: 'confirmed', changes: [] },
  object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name },
  ...more,
});
const plan = (operations: KubernetesOperation[], cluster = 'prod-eu'): PlanDocument => ({
  ...{ version: 1, project: 'default', application: 'shop', destination: { kind: 'cluster', name: cluster } },
  ...{ repository: 'fleet', revision: 'a'.repeat(40), cause: '1.0', render: dig('b'), namespace: 'shop' },
  ...{ predicted: false, operations, prune, inventory: 1, policies: dig('c') },
});
const diff = (operations: KubernetesOperation[]): DiffDocument => ({ version: 1, operations, inventory: 1 });
const spec = (more: Partial<TargetSpec> = {}) => ({ prune, ...more }) as TargetSpec;
const told = (
  then: PlanDocument | undefined,
  now: KubernetesOperation[],
  more: { cluster?: string; spec?: TargetSpec } = {},
) =>
  differencesOf({ then, cluster: 'prod-eu', spec: spec(), diff: diff(now), ...more }).map(
    ({ about, sentence }) => `${about}: ${sentence}`,
  );

describe('what differs from the deployment that a plan repeats', () => {
  it('is nothing where all is found as it was then', () => {
    const same = [operation('web', { before: dig('1') }), operation('new', { action: 'create' })];
    expect(told(plan(same), same)).toEqual([]);
  });

  it.each([
    ['was made since', operation('web'), operation('web', { before: dig('1') }), 'was created then and is there now.'],
    ['was deleted since', operation('web', { before: dig('1') }), operation('web'), 'was there then and is gone now: it is created.'],
    ['changed since', operation('web', { before: dig('1') }), operation('web', { before: dig('2') }), 'was found in another state then.'],
  ])('names an object that %s', (_, then, now, sentence) => {
    expect(told(plan([then]), [now])).toEqual([`live: ConfigMap shop/web ${sentence}`]);
  }); // prettier-ignore

  it('names what is removed now, and what was removed then', () => {
    const [kept, gone, old] = [
      operation('web'),
      operation('limits', { action: 'prune', before: dig('1') }),
      operation('old', { action: 'prune', before: dig('3') }),
    ];
    expect(told(plan([kept, old]), [kept, gone])).toEqual([
      'live: ConfigMap shop/limits is there now and is no part of the deployment: it is removed.',
      'live: ConfigMap shop/old was removed then and is not there now.',
    ]);
  });

  it('names Secrets whose values are others by field, and never a value', () => {
    const secret = (hmac: string) =>
      operation('key', { before: dig('1'), secrets: { '/data/token': hmac, '/data/user': 'same' } });
    expect(told(plan([secret('then')]), [secret('now')])).toEqual([
      'secrets: ConfigMap shop/key: /data/token hold other values than then.',
    ]);
  });

  it('names rules that changed, and another cluster', () => {
    const own = { prune: { enabled: false, budget: { maxObjects: 1, maxPercent: 1 } } };
    expect(told(plan([]), [], { spec: spec(own) })).toEqual([
      'rules: It may prune nothing; the plan of then might at most 10 objects and 50 percent.',
    ]);
    expect(
      told(plan([operation('web')]), [operation('key', { secrets: { a: 'b' } })], { cluster: 'prod-us' }),
    ).toEqual([
      'values: Carried out on prod-eu then, now on prod-us.',
      'secrets: ConfigMap shop/key: its values are sealed to the applier of prod-us; whether they are those of then cannot be seen.',
    ]);
  });

  it('says where the plan of then is gone', () => {
    expect(told(undefined, [operation('web')])).toEqual([
      'live: The plan of then is no longer in the record: it cannot be compared.',
    ]);
  });
});
