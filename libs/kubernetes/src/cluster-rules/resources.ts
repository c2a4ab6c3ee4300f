import type { ResourcesAnswer } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import type { InventoryEntry } from '../cluster-client.js';
import { applyAs, configMap, deploy, deployment, fresh, job, raw, targetOf, type Rig } from './rig.js';

const until = async (
  look: () => Promise<ResourcesAnswer>,
  isWanted: (answer: ResourcesAnswer) => boolean,
): Promise<ResourcesAnswer> => {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await look();
    if (isWanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const linesOf = ({ resources }: ResourcesAnswer): readonly string[] =>
  resources.map(({ object, owner, health, message }) => {
    const above = resources.find(({ uid }) => uid !== undefined && uid === owner)?.object.kind;
    return `${above === undefined ? '' : `${above} > `}${object.kind} ${health}: ${message ?? ''}`;
  });

const setsOf = ({ resources }: ResourcesAnswer): readonly (string | undefined)[] =>
  resources.flatMap(({ object, uid }) => (object.kind === 'ReplicaSet' ? [uid] : []));

/** What a target holds, down to what its objects own. */
export const resources = (rig: () => Rig): void => {
  const tree = (inventory: readonly InventoryEntry[]): Promise<ResourcesAnswer> =>
    rig().client.resources(inventory);

  const addEvent = (namespace: string, uid: string, event: Readonly<Record<string, unknown>>) => {
    const name = fresh('event');
    const involvedObject = { apiVersion: 'v1', kind: 'Pod', namespace, uid };
    return applyAs(rig(), 'kubelet', `/api/v1/namespaces/${namespace}/events/${name}`, {
      ...{ apiVersion: 'v1', kind: 'Event', metadata: { name, namespace }, involvedObject },
      ...event,
    });
  };

  describe('the tree of a target', () => {
    it('goes from a Deployment to the Pod and says why its image does not come', async () => {
      const name = fresh('tree');
      const inventory = await deploy(
        rig(),
        targetOf(name, [deployment('web', 'nginx:does-not-exist', 1), configMap('cfg', { a: 'not told' })]),
      );
      const answer = await until(
        () => tree(inventory),
        (one) => linesOf(one).some((line) => line.includes('cannot be pulled')),
      );
      expect(linesOf(answer)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^Deployment InProgress/),
          expect.stringMatching(/^ConfigMap Current/),
          expect.stringMatching(/^Deployment > ReplicaSet InProgress/),
          'ReplicaSet > Pod InProgress: image "nginx:does-not-exist" cannot be pulled',
        ]),
      );
      expect(answer).toMatchObject({ omitted: 0, missing: [], notes: [] });
      expect(answer.resources.every(({ createdAt }) => createdAt !== undefined)).toBe(true);
      expect(JSON.stringify(answer)).not.toContain('not told');
    });

    it('goes from a Job to its Pod', async () => {
      const inventory = await deploy(rig(), targetOf(fresh('tree'), [job('once', 'busybox:1')]));
      const answer = await until(
        () => tree(inventory),
        (one) => linesOf(one).includes('Job > Pod Current: completed'),
      );
      expect(linesOf(answer).filter((line) => line.startsWith('Job '))).toHaveLength(2);
    });

    it('leaves out ReplicaSets of earlier revisions', async () => {
      const name = fresh('tree');
      const first = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:1', 1)]));
      const before = await until(
        () => tree(first),
        (one) => setsOf(one).length === 1,
      );
      const second = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:2', 1)]), first);
      await until(
        () => tree(second),
        (one) => setsOf(one).length === 1 && setsOf(one)[0] !== setsOf(before)[0],
      );
      const path = `/apis/apps/v1/namespaces/${name}/replicasets`;
      const { items } = await raw<{ items: unknown[] }>(rig(), 'GET', path);
      expect(items).toHaveLength(2);
    });

    it('has the newest events of each object, warnings first, cut to a length', async () => {
      const name = fresh('tree');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', {})]));
      const before = await tree(inventory);
      const uid = before.resources.find(({ object }) => object.kind === 'ConfigMap')?.uid ?? '';
      const at = (minute: number): string => `2026-01-01T00:0${minute}:00Z`;
      await addEvent(name, uid, { type: 'Normal', reason: 'Old', message: 'o', lastTimestamp: at(1) });
      await addEvent(name, uid, { type: 'Normal', reason: 'New', message: 'n', lastTimestamp: at(4) });
      await addEvent(name, uid, { type: 'Normal', reason: 'Newer', message: 'n', lastTimestamp: at(5) });
      await addEvent(name, uid, {
        ...{ type: 'Warning', reason: 'Failed', message: 'x'.repeat(900), count: 7, lastTimestamp: at(2) },
      });
      await addEvent(name, 'of-nobody', { type: 'Warning', reason: 'Other', lastTimestamp: at(6) });
      const { resources: all } = await tree(inventory);
      const events = all.find((one) => one.uid === uid)?.events ?? [];
      expect(events.map(({ reason }) => reason)).toEqual(['Failed', 'Newer', 'New']);
      expect(events[0]).toMatchObject({ type: 'Warning', count: 7, lastSeen: at(2) });
      expect(events[0]?.message).toHaveLength(300);
    });

    it('names what is gone, and says of a kind that is not served that it is not', async () => {
      const name = fresh('tree');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', {})]));
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${name}/configmaps/cfg`);
      const object = { apiVersion: 'nobody.example.com/v1', kind: 'Nothing', namespace: name, name: 'n' };
      const answer = await tree([...inventory, { object, uid: 'unknown' }]);
      expect(answer.missing).toMatchObject([{ kind: 'ConfigMap', name: 'cfg' }]);
      expect(linesOf(answer)).toContain(
        'Nothing Unknown: the cluster serves no Nothing of nobody.example.com/v1',
      );
    });

    it('is bounded, and says how much was left out', async () => {
      const name = fresh('tree');
      const inventory = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:1', 1)]));
      const object = { apiVersion: 'nobody.example.com/v1', kind: 'Nothing', namespace: name };
      const many = Array.from({ length: 2_000 }, (_, index) => ({
        object: { ...object, name: `n-${index}` },
        uid: String(index),
      }));
      const answer = await tree([...inventory, ...many]);
      expect(answer.resources).toHaveLength(500);
      expect(answer.omitted).toBeGreaterThanOrEqual(1_500);
      expect(answer.resources.map(({ object: one }) => one.kind)).toContain('Deployment');
      expect(JSON.stringify(answer).length).toBeLessThan(900_000);
    });
  });
};
