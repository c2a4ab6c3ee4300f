import { describe, expect, it } from 'vitest';

import type { DriftedObject, IgnoreRule, Manifest } from '@syncline/events';

import type { InventoryEntry } from '../cluster-client.js';
import {
  apply, configMap, deploy, deployment, fresh, mergePatch, prune, raw, strategicPatch, targetOf, type Rig,
} from './rig.js'; // prettier-ignore

const image = '/spec/template/spec/containers/[name=web]/image';
const web = (...fields: string[]): IgnoreRule => ({ group: 'apps', kind: 'Deployment', name: 'web', fields });
const annotated = (value: string): Manifest => configMap('cfg', { a: '1' }, { annotations: { note: value } });

/** Fields that the application's manifest leaves to others. */
export const ignoring = (rig: () => Rig): void => {
  const deployed = async (objects: readonly Manifest[], ...rules: readonly IgnoreRule[]) => {
    const name = fresh('ignore');
    let inventory: readonly InventoryEntry[] = await deploy(rig(), targetOf(name, objects));
    const at = (plural: string, object: string, group = '/api/v1') =>
      `${group}/namespaces/${name}/${plural}/${object}`;
    const web = at('deployments', 'web', '/apis/apps/v1');
    const target = (wanted: readonly Manifest[]) => ({ ...targetOf(name, wanted), ignore: rules });
    const planned = async (...wanted: readonly Manifest[]) => {
      const { operations } = await rig().client.diff(target(wanted), inventory, prune);
      const applied = async () => {
        const outcome = await apply(rig(), target(wanted), operations, inventory);
        ({ inventory } = outcome);
        return outcome.status;
      };
      return { operation: operations[0]!, applied };
    };
    const seen = async () => {
      const told: (readonly DriftedObject[])[] = [];
      const stop = rig().client.watchHealth(name, inventory, () => undefined, {
        applied: () => Promise.resolve(target(objects)),
        onDrift: (drifted) => told.push(drifted),
        onTrouble: (error) => told.push(error as never),
      });
      await expect.poll(() => told.length, { timeout: 15_000 }).toBeGreaterThan(0);
      stop();
      return told.at(-1)!.flatMap(({ fields }) => fields.map(({ path }) => path));
    };
    type Live = { spec: { replicas: number; template: { spec: { containers: { image: string }[] } } } };
    const spec = async () => (await raw<Live>(rig(), 'GET', web)).spec;
    const live = async () => {
      const { replicas, template } = await spec();
      return [replicas, template.spec.containers[0]?.image];
    };
    return { web, cfg: at('configmaps', 'cfg'), planned, seen, live };
  };

  describe('an ignored field', () => {
    it('is no drift, and the others of its object still are', async () => {
      const { web: path, seen } = await deployed([deployment('web', 'nginx:1')], web('/spec/replicas'));
      await mergePatch(rig(), path, { spec: { replicas: 5 } }, 'kubectl-edit');
      expect(await seen()).toEqual([]);
      const edited = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:9' }] } } } };
      await strategicPatch(rig(), path, edited, 'kubectl-edit');
      expect(await seen()).toEqual([image]);
    });

    it('that somebody else writes keeps what is live, is named in the plan, and needs no takeover', async () => {
      const one = await deployed([deployment('web', 'nginx:1')], web('/spec/replicas'));
      await mergePatch(rig(), one.web, { spec: { replicas: 5 } }, 'kubectl-edit');
      const { operation, applied } = await one.planned(deployment('web', 'nginx:2', 3));
      expect(operation).toMatchObject({ action: 'configure', changes: [{ path: image }] });
      expect(operation.conceded?.[0]).toMatchObject({ paths: ['/spec/replicas'] });
      expect(operation.takeovers).toBeUndefined();
      expect(await applied()).toBe('succeeded');
      expect(await one.live()).toEqual([5, 'nginx:2']);
      await mergePatch(rig(), one.web, { spec: { replicas: 6 } }, 'kubectl-edit');
      const again = await one.planned(deployment('web', 'nginx:2', 3));
      expect(again.operation.action).toBe('unchanged');
      expect(await again.applied()).toBe('succeeded');
      expect(await one.live()).toEqual([6, 'nginx:2']);
    });

    it('that is written between plan and apply makes no plan stale', async () => {
      const one = await deployed([deployment('web', 'nginx:1')], web('/spec/replicas'));
      const { applied } = await one.planned(deployment('web', 'nginx:2'));
      await mergePatch(rig(), one.web, { spec: { replicas: 7 } }, 'kubectl-edit');
      expect(await applied()).toBe('succeeded');
      expect(await one.live()).toEqual([7, 'nginx:2']);
    });

    it('that nobody else holds stays as it was applied first, though the manifest changes or drops it', async () => {
      const one = await deployed([deployment('web', 'nginx:1', 3)], web('/spec/replicas'));
      const dropped = deployment('web', 'nginx:2');
      (dropped.spec as Record<string, unknown>).replicas = undefined;
      for (const wanted of [deployment('web', 'nginx:2', 7), dropped]) {
        expect(await (await one.planned(wanted)).applied()).toBe('succeeded');
        expect(await one.live()).toEqual([3, 'nginx:2']);
      }
    });

    it('is one of an item of a list', async () => {
      const one = await deployed([deployment('web', 'nginx:1')], web(image));
      const edited = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:9' }] } } } };
      await strategicPatch(rig(), one.web, edited, 'kubectl-edit');
      expect(await one.seen()).toEqual([]);
      expect(await (await one.planned(deployment('web', 'nginx:2', 4))).applied()).toBe('succeeded');
      expect(await one.live()).toEqual([4, 'nginx:9']);
    });

    it('that somebody removes is not written again, and what only looks like it is', async () => {
      const rule = { kind: 'ConfigMap', fields: ['/metadata/annotations/note'] };
      const one = await deployed([annotated('x')], rule, { kind: 'Secret', fields: ['/data/a'] });
      await mergePatch(
        rig(),
        one.cfg,
        { metadata: { annotations: { note: null } }, data: { a: '2' } },
        'somebody',
      );
      expect(await one.seen()).toEqual(['/data/a']);
      const { applied } = await one.planned(annotated('y'));
      expect(await applied()).toBe('succeeded');
      const { metadata, data } = await raw(rig(), 'GET', one.cfg);
      expect(metadata.annotations).not.toHaveProperty('note');
      expect(data).toEqual({ a: '1' });
    });

    it('is created as the manifest says', async () => {
      const one = await deployed([annotated('x')], web('/spec/replicas'));
      expect(await (await one.planned(deployment('web', 'nginx:1', 4))).applied()).toBe('succeeded');
      expect(await one.live()).toEqual([4, 'nginx:1']);
    });
  });
};
