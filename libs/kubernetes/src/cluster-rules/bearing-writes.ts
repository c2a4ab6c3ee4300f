import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import type { KubernetesOperation, Manifest } from '@syncline/events';

import { without } from '../objects/kube-object.js';
import { applyBy, countWithin, deadlineMs, planned, withFaulty, type Faulty } from './faulty.js';
import {
  applyAs,
  configMap,
  createNamespace,
  deploy,
  deployment,
  fresh,
  raw,
  targetOf,
  type Rig,
} from './rig.js';

const configMaps = (count: number, value: string): readonly Manifest[] =>
  Array.from({ length: count }, (_, at) => configMap(`cfg-${at}`, { value }));

/** The version moves with every word of a controller about its object. */
const withoutVersion = (operation: KubernetesOperation) => without(operation, 'resourceVersion');

/** An apply and a dry run on an API server that is faulty, or on a bad way to it. */
export const bearingWrites = (rig: () => Rig): void => {
  const faulty = (test: (of: Faulty) => Promise<void>, requestTimeoutMs?: number) =>
    withFaulty(rig, test, requestTimeoutMs);
  /** A target that holds `before`, and the plan that makes it hold `after`. */
  const change = async (before: readonly Manifest[], after: readonly Manifest[]) => {
    const name = fresh('faulty');
    const inventory = await deploy(rig(), targetOf(name, before));
    const target = targetOf(name, after);
    return { name, target, inventory, operations: await planned(rig(), target, inventory) };
  };
  const configMapOf = (name: string, object: string) => raw(rig(), 'GET', `/api/v1/namespaces/${name}/configmaps/${object}`); // prettier-ignore
  /** Nothing is left to be done by the same manifests. */
  const expectDone = async ({ target }: { target: ReturnType<typeof targetOf> }, inventory: Parameters<typeof planned>[2]) => {
    const left = await planned(rig(), target, inventory);
    expect(left.filter(({ action }) => action !== 'unchanged')).toEqual([]);
  }; // prettier-ignore

  describe('an apply', () => {
    it('waits as long as a server that throttles asks, one request asks for all, and then it goes on', faulty(async ({ proxy, client }) => {
      const plan = await change(configMaps(30, 'a'), configMaps(30, 'b'));
      await client.capabilities();
      const troubles: unknown[] = [];
      client.watchTrouble((trouble) => troubles.push(trouble));
      proxy.order({ answer: 429, retryAfterSeconds: 1 });
      const applied = applyBy(client, plan.target, plan.operations, plan.inventory);
      await delay(300);
      expect(await countWithin(proxy, 2_200)).toBeLessThanOrEqual(3);
      proxy.order();
      expect(await applied).toMatchObject({ status: 'succeeded' });
      await expectDone(plan, plan.inventory);
      expect(troubles).toEqual([
        { what: 'throttling', reason: expect.stringContaining('this fault was ordered') as string }, { what: 'throttling' },
      ]);
    })); // prettier-ignore

    it('is errored, retryable, where a server throttles for longer than a minute', faulty(async ({ proxy, client }) => {
      const plan = await change(configMaps(3, 'a'), configMaps(3, 'b'));
      proxy.order({ verb: 'patch', answer: 429, retryAfterSeconds: 600 });
      const began = performance.now();
      const applied = await applyBy(client, plan.target, plan.operations, plan.inventory);
      expect(applied).toMatchObject({ status: 'errored', code: 'throttled' });
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(proxy.ordered[0]?.met).toBeLessThanOrEqual(3);
    })); // prettier-ignore

    it('bears a burst of faults of the server', faulty(async ({ proxy, client }) => {
      const plan = await change(configMaps(12, 'a'), configMaps(12, 'b'));
      proxy.order({ answer: 500, times: 8 });
      expect(await applyBy(client, plan.target, plan.operations, plan.inventory)).toMatchObject({ status: 'succeeded' });
      expect(proxy.ordered[0]?.met).toBe(8);
    })); // prettier-ignore

    it('is errored after its deadline where a write is not answered, and repeats nothing meanwhile', faulty(async ({ proxy, client }) => {
      const plan = await change(configMaps(3, 'a'), configMaps(3, 'b'));
      await client.capabilities();
      proxy.order({ verb: 'patch', answer: 'hang' });
      const applied = await applyBy(client, plan.target, plan.operations, plan.inventory);
      expect(applied).toMatchObject({ status: 'errored', code: 'cluster-unreachable' });
      expect(proxy.ordered[0]?.met).toBeLessThanOrEqual(3);
      proxy.order();
      expect(await applyBy(client, plan.target, plan.operations, plan.inventory)).toMatchObject({ status: 'succeeded' });
    }, deadlineMs)); // prettier-ignore

    it.each(['cut', 'cut-answer'] as const)('does nothing twice where connections are %s: create, configure, delete', (answer) =>
      faulty(async ({ proxy, client }) => {
        const before = [configMap('goes', {}), deployment('web', 'nginx:1')];
        const plan = await change(before, [configMap('comes', { a: '1' }), deployment('web', 'nginx:2')]);
        proxy.order(
          { verb: 'patch', dryRun: false, path: `/api/v1/namespaces/${plan.name}/`, answer, times: 2 },
          { verb: 'patch', dryRun: false, resource: 'deployments.apps', answer, times: 2 },
          { verb: 'delete', answer, times: 1 },
        );
        const applied = await applyBy(client, plan.target, plan.operations, plan.inventory);
        expect(applied.status).toBe('succeeded');
        expect(proxy.ordered.map(({ met }) => met)).toEqual([2, 2, 1]);
        const web = await raw(rig(), 'GET', `/apis/apps/v1/namespaces/${plan.name}/deployments/web`);
        expect(web.metadata.generation).toBe(2);
        await expectDone(plan, applied.inventory);
        // What is there already when it is looked at again is said unchanged: it was not that request that changed it.
        expect(applied.results.map(({ outcome }) => outcome)).toHaveLength(3);
        expect(applied.results.map(({ outcome }) => outcome)).not.toContain('failed');
      })(),
    ); // prettier-ignore

    it('of an adoption goes on where the connection is cut after the move', faulty(async ({ proxy, client }) => {
      const name = fresh('faulty');
      await createNamespace(rig(), name);
      const path = `/api/v1/namespaces/${name}/configmaps/cfg`;
      await applyAs(rig(), 'kubectl', path, configMap('cfg', { a: '1' }, { namespace: name }));
      const target = targetOf(name, [configMap('cfg', { a: '2' })]);
      const operations = await planned(rig(), target);
      proxy.order({ verb: 'patch', dryRun: false, path, answer: 'cut-answer', times: 2 });
      expect(await applyBy(client, target, operations)).toMatchObject({ status: 'succeeded' });
      expect((await configMapOf(name, 'cfg')).data).toEqual({ a: '2' });
      expect(proxy.ordered[0]?.met).toBe(2);
    })); // prettier-ignore

    it('of a replacement goes on where connections are cut after the deletion and after the creation', faulty(async ({ proxy, client }) => {
      const replaceable = (value: string) => ({
        ...configMap('cfg', { value }, { annotations: { 'syncline.dev/replace': 'true' } }), immutable: true,
      });
      const plan = await change([replaceable('a')], [replaceable('b')]);
      expect(plan.operations.map(({ action }) => action)).toEqual(['replace']);
      proxy.order(
        { verb: 'delete', answer: 'cut-answer', times: 1 },
        { verb: 'patch', dryRun: false, path: `/api/v1/namespaces/${plan.name}/`, answer: 'cut-answer', times: 2 },
      );
      expect(await applyBy(client, plan.target, plan.operations, plan.inventory)).toMatchObject({ status: 'succeeded' });
      expect(proxy.ordered.map(({ met }) => met)).toEqual([1, 2]);
      expect((await configMapOf(plan.name, 'cfg')).data).toEqual({ value: 'b' });
    })); // prettier-ignore
  });

  describe('a dry run', () => {
    it('is the same through a burst of 429, 500 and cut connections', faulty(async ({ proxy, client }) => {
      const plan = await change([deployment('web', 'nginx:1'), ...configMaps(5, 'a')], [deployment('web', 'nginx:2'), ...configMaps(6, 'b')]);
      await client.capabilities();
      proxy.order(
        { answer: 429, retryAfterSeconds: 0, times: 2 }, { answer: 500, times: 2 },
        { answer: 'cut', times: 1 }, { answer: 'cut-answer', times: 1 },
      );
      const borne = await planned({ client }, plan.target, plan.inventory);
      expect(borne.map(withoutVersion)).toEqual(plan.operations.map(withoutVersion));
      expect(proxy.ordered.map(({ met }) => met)).toEqual([2, 2, 1, 1]);
    })); // prettier-ignore
  });
};
