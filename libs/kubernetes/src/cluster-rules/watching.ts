import { describe, expect, it } from 'vitest';

import type { Link, TargetHealth } from '../cluster-client.js';
import { connectCluster } from '../connect-cluster.js';
import { findResource } from '../discovery/resource-path.js';
import { partOfLabel } from '../objects/marks.js';
import { ListWatch } from '../watch/list-watch.js';
import { KubernetesError } from '../kubernetes-error.js';
import {
  configMap,
  deploy,
  deployment,
  fresh,
  healthWhere,
  hmacKey,
  job,
  mergePatch,
  raw,
  targetOf,
  type Rig,
} from './rig.js';
import { crdOf, widgetOf } from './widgets.js';

const until = async (isDone: () => boolean, what: string, deadlineMs = 20_000): Promise<void> => {
  const deadline = Date.now() + deadlineMs;
  while (!isDone()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Health by watch, and the link to the cluster. */
export const watching = (rig: () => Rig): void => {
  describe('health', () => {
    it('of a Deployment and a Job becomes Current when their Pods ran', async () => {
      const inventory = await deploy(
        rig(),
        targetOf(fresh('health'), [deployment('web', 'nginx:1'), job('once', 'busybox:1')]),
      );
      const health = await healthWhere(rig().client, inventory, (one) => one.health === 'Current');
      expect(health).toEqual({ health: 'Current', objects: [], objectCount: 0 });
    });

    it('is not Current by what was seen before an apply', async () => {
      const name = fresh('health');
      const first = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:1')]));
      await healthWhere(rig().client, first, (one) => one.health === 'Current');
      const second = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:does-not-exist')]), first);
      const seen: TargetHealth[] = [];
      const stop = rig().client.watchHealth(fresh('watch'), second, (one) => seen.push(one));
      await until(
        () => seen.some((one) => one.objects[0]?.message.includes('cannot be pulled') === true),
        'the reason of the Pods',
      );
      stop();
      expect(seen.map(({ health }) => health)).not.toContain('Current');
      expect(seen.at(-1)?.objects[0]?.message).toBe('image "nginx:does-not-exist" cannot be pulled (1 pod)');
    });

    it('names an object that is deleted behind our back', async () => {
      const name = fresh('health');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', {})]));
      const seen: TargetHealth[] = [];
      const stop = rig().client.watchHealth(fresh('watch'), inventory, (one) => seen.push(one));
      await until(() => seen.at(-1)?.health === 'Current', 'Current');
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${name}/configmaps/cfg`);
      await until(() => seen.at(-1)?.health === 'NotFound', 'NotFound');
      stop();
      expect(seen.at(-1)).toMatchObject({ objectCount: 1, objects: [{ object: { name: 'cfg' } }] });
    });

    it('does not take an object for deleted that only lost our label', async () => {
      const name = fresh('health');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', {}), configMap('other', {})]));
      const seen: TargetHealth[] = [];
      const stop = rig().client.watchHealth(fresh('watch'), inventory, (one) => seen.push(one));
      await until(() => seen.at(-1)?.health === 'Current', 'Current');
      await mergePatch(rig(), `/api/v1/namespaces/${name}/configmaps/cfg`, {
        metadata: { labels: { [partOfLabel]: null } },
      });
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${name}/configmaps/other`);
      await until(() => seen.at(-1)?.health === 'NotFound', 'NotFound of the other');
      stop();
      expect(seen.at(-1)?.objects.map(({ object }) => object.name)).toEqual(['other']);
    });

    it('of a custom resource follows its conditions', async () => {
      const name = fresh('health');
      const group = `${name}.example.com`;
      const inventory = await deploy(rig(), targetOf(name, [crdOf(group), widgetOf(group, { size: 1 })]));
      const health = await healthWhere(rig().client, inventory, (one) => one.health === 'Current');
      expect(health.objectCount).toBe(0);
    });
  });

  describe('health of a kind that is not served', () => {
    it('is Unknown, and known within seconds once it is served', async () => {
      const name = fresh('health');
      const group = `${name}.example.com`;
      const widget = widgetOf(group, { size: 1 });
      const object = { apiVersion: `${group}/v1`, kind: 'Widget', namespace: name, name: 'w' };
      const entry = { object, uid: 'unknown-yet' };
      const seen: TargetHealth[] = [];
      const stop = rig().client.watchHealth(fresh('watch'), [entry], (one) => seen.push(one));
      await until(() => seen.length > 0, 'a first health');
      expect(seen[0]).toMatchObject({
        health: 'Unknown',
        objects: [{ message: 'the cluster does not serve its kind' }],
      });
      await deploy(rig(), targetOf(name, [crdOf(group), widget]));
      await until(() => seen.at(-1)?.health === 'Current', 'the health once it is served', 5_000);
      stop();
    });
  });

  describe('a watch', () => {
    const follow = async () => {
      const { transport, bench } = rig();
      const resource = findResource(await bench.capability.current(), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
      })!;
      const names = new Set<string>();
      const log: string[] = [];
      const stop = new AbortController();
      const events = {
        replaced: (all: readonly { metadata: { name?: string } }[]) => {
          log.push('list');
          for (const { metadata } of all) names.add(metadata.name ?? '');
        },
        changed: ({ metadata }: { metadata: { name?: string } }) => void names.add(metadata.name ?? ''),
        removed: () => undefined,
        failed: () => void log.push('failed'),
        held: () => undefined,
      };
      const watch = new ListWatch(transport, resource, { labelSelector: partOfLabel }, events);
      const running = watch.run(stop.signal);
      await until(() => log.includes('list'), 'the first list');
      return { watch, names, log, end: () => (stop.abort(), running) };
    };

    it('goes on with a new list when its version has expired', async () => {
      const { transport, bench } = rig();
      const resource = findResource(await bench.capability.current(), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
      })!;
      const seen: string[] = [];
      const stop = new AbortController();
      let isFirst = true;
      const wrapped = Object.create(transport, {
        stream: {
          value: (request: Parameters<typeof transport.stream>[0]) => {
            if (!isFirst) return transport.stream(request);
            isFirst = false;
            return Promise.reject(
              new KubernetesError({ code: 'expired', message: 'too old resource version' }),
            );
          },
        },
        request: { value: transport.request.bind(transport) },
      }) as typeof transport;
      const events = {
        replaced: () => void seen.push('list'),
        changed: () => undefined,
        removed: () => undefined,
        failed: () => void seen.push('failed'),
        held: () => undefined,
      };
      const running = new ListWatch(wrapped, resource, { labelSelector: partOfLabel }, events).run(
        stop.signal,
      );
      await until(() => seen.filter((one) => one === 'list').length === 2, 'a second list');
      stop.abort();
      await running;
      expect(seen).not.toContain('failed');
    });

    it('sees what is made while it watches', async () => {
      const watch = await follow();
      const name = fresh('seen');
      await deploy(rig(), targetOf(name, [configMap(name, {})]));
      await until(() => watch.names.has(name), 'the new object');
      await watch.end();
    });
  });

  describe('the link', () => {
    it('is lost when the API server goes away, connected when it is back, and the watches go on', async () => {
      const client = connectCluster({ name: 'rules', kubeconfig: rig().kubeconfig, hmacKey });
      const links: Link[] = [];
      const seen: TargetHealth[] = [];
      const name = fresh('link');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', {})]));
      client.watchLink((link) => links.push(link));
      client.watchHealth('link', inventory, (health) => seen.push(health));
      await until(() => links.length === 1 && seen.at(-1)?.health === 'Current', 'the first answer');
      expect(links[0]).toMatchObject({
        state: 'connected',
        kubernetesVersion: expect.stringMatching(/^v1\.36\.3/) as string,
      });
      await rig().cluster.stopApiServer();
      await until(() => links.at(-1)?.state === 'lost', 'lost');
      expect(links.at(-1)).toMatchObject({ class: 'cluster-unreachable' });
      const diff = client.diff(targetOf(name, [configMap('cfg', {})]), inventory, {
        enabled: false,
        budget: { maxObjects: 0, maxPercent: 0 },
      });
      await expect(diff).rejects.toMatchObject({ code: 'cluster-unreachable', retryable: true });
      await rig().cluster.startApiServer();
      await until(() => links.at(-1)?.state === 'connected', 'connected again', 40_000);
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${name}/configmaps/cfg`);
      await until(() => seen.at(-1)?.health === 'NotFound', 'the watch after the return', 40_000);
      await client.close();
      expect(links.map(({ state }) => state)).toEqual(['connected', 'lost', 'connected']);
      expect(seen.map(({ health }) => health)).toEqual(['Current', 'NotFound']);
    }, 120_000);
  });
};
