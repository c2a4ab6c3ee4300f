import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import type { DriftedObject } from '@syncline/events';

import { ObjectApi } from '../connection/object-api.js';
import type { Transport } from '../connection/transport.js';
import { KubernetesError } from '../kubernetes-error.js';
import { HealthWatch } from '../watch/health-watch.js';
import { configMap, deploy, fresh, hmacKey, mergePatch, targetOf, type Rig } from './rig.js';

const quietMs = 600;

type Edit = (object: string, a: string) => Promise<void>;

/** Before an object of a name is dry-run, something happens. */
class TroubledTrials extends ObjectApi {
  constructor(
    transport: Transport,
    private readonly trouble: (name: string | undefined) => Promise<void>,
  ) {
    super(transport);
  }

  override async apply(...of: Parameters<ObjectApi['apply']>) {
    await this.trouble(of[1].metadata.name);
    return super.apply(...of);
  }
}

/** Drift while the server is slow to say, or does not say, what it makes of a manifest. */
export const driftInTrouble = (rig: () => Rig): void => {
  describe('drift in trouble', () => {
    const troubled = async (trouble: (name: string | undefined, edit: Edit) => Promise<void>) => {
      const name = fresh('drift');
      const target = targetOf(name, [configMap('bad', { a: '1' }), configMap('good', { a: '1' })]);
      const inventory = await deploy(rig(), target);
      const edit: Edit = async (object, a) => {
        await mergePatch(
          rig(),
          `/api/v1/namespaces/${name}/configmaps/${object}`,
          { data: { a } },
          'kubectl-edit',
        );
      };
      const { transport, bench } = rig();
      const trials = new TroubledTrials(transport, (object) => trouble(object, edit));
      const watch = new HealthWatch(transport, trials, bench.capability, hmacKey);
      const told: (readonly DriftedObject[])[] = [];
      watch.watch(name, inventory, () => undefined, {
        applied: () => Promise.resolve(target),
        onDrift: (drifted) => told.push(drifted),
        onTrouble: (error) => told.push(error as never),
      });
      await expect.poll(() => told.length, { timeout: 15_000 }).toBe(1);
      return { edit, told, close: () => watch.close() };
    };

    it('is what it is in the end, though somebody writes again while the server is asked', async () => {
      let isFirst = true;
      const { edit, told, close } = await troubled(async (_, editing) => {
        if (!isFirst) return;
        isFirst = false;
        await editing('good', '3');
        await delay(quietMs);
      });
      await edit('good', '2');
      await expect.poll(() => told.at(-1)?.[0]?.fields[0]?.to, { timeout: 15_000 }).toBe('3');
      close();
    });

    it('is told of the other objects while the server cannot say what it makes of one, and of that one later', async () => {
      let isBroken = true;
      const { edit, told, close } = await troubled((name) =>
        isBroken && name === 'bad'
          ? Promise.reject(new KubernetesError({ code: 'server-fault', message: 'failed calling webhook' }))
          : Promise.resolve(),
      );
      const names = () =>
        told
          .at(-1)
          ?.map(({ object }) => object.name)
          .toSorted();
      await edit('bad', '2');
      await edit('good', '2');
      await expect.poll(names, { timeout: 15_000 }).toEqual(['good']);
      isBroken = false;
      await expect.poll(names, { timeout: 15_000 }).toEqual(['bad', 'good']);
      close();
    });
  });
};
