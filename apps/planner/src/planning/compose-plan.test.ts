import type { DiffDocument, Operation, TargetSpec } from '@syncline/events';
import { planDocument } from '@syncline/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { composePlan, isUnchanged, pruneBudget, type PlanInput } from './compose-plan.js';

const spec: TargetSpec = {
  repository: 'fleet',
  path: 'checkout',
  renderer: 'detect',
  namespace: 'checkout',
  substitute: {},
  patches: [],
  mode: 'automatic',
  prune: { enabled: true, budget: { maxObjects: 2, maxPercent: 50 } },
  healthTimeoutSeconds: 300,
};

const operation = (action: Operation['action'], kind: string, more: Partial<Operation> = {}): Operation => ({
  kind: 'kubernetes',
  action,
  certainty: 'confirmed',
  object: { apiVersion: 'v1', kind, namespace: 'checkout', name: 'web' },
  changes: [],
  ...more,
});

const input = (
  operations: readonly Operation[],
  inventory = 10,
  more: Partial<PlanInput> = {},
): PlanInput => ({
  cluster: 'prod-eu',
  project: 'default',
  application: 'checkout',
  revision: 'a'.repeat(40),
  cause: '7.0',
  render: 'b'.repeat(64),
  spec,
  diff: { version: 1, operations: [...operations], inventory },
  ...more,
});

const composed = (...operations: readonly Operation[]) => composePlan(input(operations));
const hex = (digit: string) => digit.repeat(64);

describe('a plan', () => {
  it('is its canonical document, and its digest covers what asked for it', () => {
    const operations = [operation('create', 'ConfigMap')];
    const plan = composePlan(input(operations));
    const document = planDocument.parse(JSON.parse(new TextDecoder().decode(plan.bytes)));
    expect(document).toMatchObject({ destination: { kind: 'cluster', name: 'prod-eu' }, cause: '7.0' });
    expect(composePlan(input(operations, 10, { cause: '9.0' })).plan).not.toBe(plan.plan);
  });

  it('has one change digest wherever the same changes', () => {
    const here = operation('configure', 'ConfigMap', { uid: 'u1', before: hex('1'), after: hex('2') });
    const there = { ...here, uid: 'u2', before: hex('3') };
    const elsewhere = composePlan(input([there], 99, { cluster: 'prod-us' }));
    expect(elsewhere.change).toBe(composed(here).change);
    expect(elsewhere.plan).not.toBe(composed(here).plan);
    expect(composed({ ...here, after: hex('4') }).change).not.toBe(elsewhere.change);
  });

  it('counts its operations', () => {
    const plan = composed(
      operation('create', 'ConfigMap'),
      operation('prune', 'Secret', { certainty: 'unproven' }),
    );
    expect(plan.actions).toEqual({ create: 1, prune: 1 });
    expect(plan.certainties).toEqual({ confirmed: 1, unproven: 1 });
  });
});

describe('a plan needs a person', () => {
  const prunes = (count: number) => Array.from({ length: count }, () => operation('prune', 'ConfigMap'));

  it('where it removes more than the smaller of count and percentage', () => {
    expect(composePlan(input(prunes(2), 10)).needs).toEqual([]);
    expect(composePlan(input(prunes(3), 10)).needs).toEqual([
      'The plan removes 3 of 10 objects; the prune budget allows 2 (at most 2, and 50 percent).',
    ]);
    expect(composePlan(input(prunes(2), 3)).needs).toHaveLength(1);
    expect(pruneBudget(spec.prune, 3)).toBe(1);
  });

  it('where it removes what holds more than itself', () => {
    expect(composed(operation('prune', 'StatefulSet')).needs).toEqual([
      'The plan removes StatefulSet checkout/web.',
    ]);
    expect(composed(operation('configure', 'StatefulSet')).needs).toEqual([]);
  });

  it('where an operation cannot be tried, or is protected', () => {
    expect(composed(operation('configure', 'ConfigMap', { certainty: 'unproven' })).needs).toHaveLength(1);
    const held = operation('prune', 'Namespace', { protectedBecause: 'it holds 12 objects' });
    expect(composed(held).needs).toEqual(['Namespace checkout/web: it holds 12 objects.']);
  });

  it('where it adopts what another tool applied, which is named', () => {
    const adopts = [{ manager: 'kubectl', operation: 'Apply', fieldCount: 3 }];
    expect(composed(operation('adopt', 'ConfigMap', { adopts })).needs).toEqual([
      "ConfigMap checkout/web: kubectl applied it before; the plan adopts it, and what kubectl set becomes Syncline's.",
    ]);
    const other = [{ manager: 'terraform', operation: 'Apply', fieldCount: 3, keeps: true }];
    expect(composed(operation('adopt', 'ConfigMap', { adopts: other })).needs[0]).toContain(
      'terraform keeps',
    );
    expect(composed(operation('adopt', 'ConfigMap', { adopts: [] })).needs[0]).toContain('was begun');
  });

  it('where it takes fields from somebody, but not where healing takes back what was ours', () => {
    const held = { manager: 'kubectl-edit', operation: 'Update', paths: ['/spec/replicas'] };
    const back = operation('takeover', 'Deployment', { takeovers: [{ ...held, ours: true }] });
    expect(composed(back).needs).toEqual([
      'Deployment checkout/web: the plan takes /spec/replicas from kubectl-edit, which Syncline had set before.',
    ]);
    const healing = { spec: { ...spec, drift: 'heal' as const } };
    expect(composePlan(input([back], 10, healing)).needs).toEqual([]);
    const taking = operation('takeover', 'Deployment', { takeovers: [held] });
    expect(composePlan(input([taking], 10, healing)).needs).toHaveLength(1);
  });

  it('and says so in at most ten sentences', () => {
    const needs = composePlan(
      input(
        Array.from({ length: 40 }, () => operation('prune', 'StatefulSet')),
        100,
      ),
    ).needs;
    expect(needs).toHaveLength(10);
    expect(needs.at(-1)).toMatch(/^32 more/);
  });
});

it('a refused operation is named with field and reason, and needs nobody', () => {
  const refusal = { code: 'schema', reason: 'field not declared in schema', field: '.spec.replicsa' };
  const plan = composed(operation('configure', 'Deployment', { certainty: 'refused', refusal }));
  expect(plan.refused).toEqual(['Deployment checkout/web (.spec.replicsa): field not declared in schema']);
  expect(plan.needs).toEqual([]);
});

it('a target is unchanged where each operation says so and was tried', () => {
  const diff = (...operations: Operation[]): DiffDocument => ({ version: 1, operations, inventory: 1 });
  const same = operation('unchanged', 'ConfigMap');
  expect(isUnchanged(diff(same), 'automatic')).toBe(true);
  expect(isUnchanged(diff({ ...same, certainty: 'refused' }), 'automatic')).toBe(false);
  expect(isUnchanged(diff(same, operation('prune', 'Secret')), 'automatic')).toBe(false);
});

it('a target that holds nothing yet is planned although no object changes, but where it is only observed', () => {
  const operations = [operation('unchanged', 'ConfigMap')];
  const diff: DiffDocument = { version: 1, operations, inventory: 0, holds: 'nothing' };
  expect(isUnchanged(diff, 'automatic')).toBe(false);
  expect(isUnchanged(diff, 'approval')).toBe(false);
  expect(isUnchanged(diff, 'observe')).toBe(true);
});

const anyOperation = fc.record({
  action: fc.constantFrom('create', 'configure', 'prune', 'unchanged' as const),
  kind: fc.constantFrom('ConfigMap', 'StatefulSet'),
  certainty: fc.constantFrom('confirmed', 'refused', 'unproven' as const),
  to: fc.jsonValue(),
});

const reorder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reorder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, one]) => [key, reorder(one)]),
  );
};

it('equal input gives equal bytes, whatever the order of its members', () => {
  fc.assert(
    fc.property(fc.array(anyOperation, { maxLength: 8 }), fc.nat({ max: 50 }), (drawn, inventory) => {
      const operations = drawn.map(({ action, kind, certainty, to }) =>
        operation(action, kind, {
          certainty,
          changes: [{ path: '/data/x', change: 'changed', to: to as never }],
        }),
      );
      const one = composePlan(input(operations, inventory));
      const other = composePlan(reorder(input(operations, inventory)) as PlanInput);
      expect(other).toEqual(one);
      const again = JSON.parse(new TextDecoder().decode(one.bytes)) as unknown;
      expect(planDocument.safeParse(again).success).toBe(true);
    }),
  );
});
