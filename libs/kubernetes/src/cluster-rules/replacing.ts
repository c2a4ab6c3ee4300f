import { describe, expect, it } from 'vitest';

import type { Manifest } from '@syncline/events';

import { apply, deploy, fresh, job, operationOn, prune, raw, targetOf, type Rig } from './rig.js';
import { Broken } from './ownership.js';

/** Objects that cannot be changed, only made anew. */
export const replacing = (rig: () => Rig): void => {
  const annotated = (image: string, annotation: string, value: string): Manifest => ({
    ...job('once', image),
    metadata: { name: 'once', annotations: { [annotation]: value } },
  });
  const own = (image: string) => annotated(image, 'syncline.dev/replace', 'true');

  const planned = async (wanted = own('busybox:2')) => {
    const name = fresh('replace');
    const inventory = await deploy(rig(), targetOf(name, [job('once', 'busybox:1')]));
    const target = targetOf(name, [wanted]);
    const { operations } = await rig().client.diff(target, inventory, prune);
    const live = () => raw(rig(), 'GET', `/apis/batch/v1/namespaces/${name}/jobs/once`);
    return { target, operations, inventory, operation: operationOn(operations, 'Job'), live };
  };

  describe('a replacement', () => {
    it('is planned with the immutable field, the changes, what allows it and what goes with it', async () => {
      const { operation } = await planned();
      expect(operation).toMatchObject({
        action: 'replace',
        certainty: 'confirmed',
        replacement: {
          field: 'spec.template',
          allowedBy: 'syncline.dev/replace: "true"',
          takesAlong: expect.stringContaining('Pods') as string,
        },
      });
      const image = '/spec/template/spec/containers/[name=work]/image';
      expect(operation.changes).toContainEqual({
        path: image,
        change: 'changed',
        from: 'busybox:1',
        to: 'busybox:2',
      });
    });

    it.each([
      ['argocd.argoproj.io/sync-options', 'Prune=false,Replace=true'],
      ['argocd.argoproj.io/sync-options', 'Force=true'],
      ['kustomize.toolkit.fluxcd.io/force', 'enabled'],
    ])('is allowed by %s: %s', async (annotation, value) => {
      expect((await planned(annotated('busybox:2', annotation, value))).operation.certainty).toBe(
        'confirmed',
      );
    });

    it('deletes exactly the planned object, waits until it is gone, and makes it anew', async () => {
      const { target, operations, inventory, operation, live } = await planned();
      const outcome = await apply(rig(), target, operations, inventory);
      expect(outcome).toMatchObject({ status: 'succeeded', results: [{ outcome: 'created' }] });
      expect((await live()).metadata.uid).not.toBe(operation.uid);
      expect(await apply(rig(), target, operations, outcome.inventory)).toMatchObject({
        status: 'succeeded',
        results: [{ outcome: 'unchanged' }],
      });
    });

    it('that is killed between deleting and creating creates when it is repeated', async () => {
      const { target, operations, inventory, live } = await planned();
      const bench = { ...rig().bench, api: new Broken(rig(), 'create') };
      await expect(apply(rig(), target, operations, inventory, { bench })).rejects.toThrow('killed');
      await expect(live()).rejects.toThrow();
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({ status: 'succeeded' });
      expect((await live()).metadata.name).toBe('once');
    });

    it('is stale where the object is another one of the same name since', async () => {
      const { target, operations, inventory, live } = await planned();
      await raw(rig(), 'DELETE', `/apis/batch/v1/namespaces/${target.namespace}/jobs/once`, {
        query: { propagationPolicy: 'Background' },
      });
      await deploy(rig(), { ...target, objects: [job('once', 'busybox:3')] });
      const uid = (await live()).metadata.uid;
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({ status: 'stale' });
      expect((await live()).metadata.uid).toBe(uid);
    });

    it('is refused without an annotation, and the sentence says which', async () => {
      const { operation } = await planned(job('once', 'busybox:2'));
      expect(operation).toMatchObject({
        action: 'replace',
        certainty: 'refused',
        refusal: { code: 'immutable' },
      });
      expect(operation.refusal?.reason.length).toBeLessThan(300);
      expect(operation.refusal?.reason).toContain('annotate it in Git with syncline.dev/replace: "true"');
    });

    it('is never that of a claim, whatever its annotation', async () => {
      const name = fresh('replace');
      const claim = (storageClassName: string): Manifest => ({
        apiVersion: 'v1', kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', annotations: { 'syncline.dev/replace': 'true' } },
        spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Gi' } } },
      }); // prettier-ignore
      const inventory = await deploy(rig(), targetOf(name, [claim('one')]));
      const { operations } = await rig().client.diff(targetOf(name, [claim('two')]), inventory, prune);
      const operation = operationOn(operations, 'PersistentVolumeClaim');
      expect(operation).toMatchObject({ certainty: 'refused', refusal: { code: 'immutable' } });
      expect(operation.refusal?.reason).toContain('never replaced');
    });
  });
};
