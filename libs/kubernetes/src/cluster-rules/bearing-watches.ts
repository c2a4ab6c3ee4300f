import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import type { DriftedObject } from '@syncline/events';
import { eventually, type SeenRequest } from '@syncline/testkit';

import { ObjectApi } from '../connection/object-api.js';
import { findResource } from '../discovery/resource-path.js';
import { KindWatch, localName } from '../watch/kind-watch.js';
import { countWithin, deadlineMs, withFaulty, type Faulty } from './faulty.js';
import { configMap, deploy, fresh, mergePatch, raw, targetOf, type Rig } from './rig.js';

const isOfWatch = ({ verb, resource }: SeenRequest): boolean => ['list', 'watch'].includes(verb) && resource === 'configmaps'; // prettier-ignore

/** The first read is answered long after it was carried out. */
class LateReads extends ObjectApi {
  readonly #read = Promise.withResolvers<undefined>();
  readonly #answered = Promise.withResolvers<undefined>();
  readonly isRead = this.#read.promise;

  answer(): void {
    this.#answered.resolve(undefined);
  }

  override async find(...of: Parameters<ObjectApi['find']>) {
    const found = await super.find(...of);
    this.#read.resolve(undefined);
    await this.#answered.promise;
    return found;
  }
}

/** Health and drift where watches, and the reads beside them, are faulty. */
export const bearingWatches = (rig: () => Rig): void => {
  const faulty = (test: (of: Faulty) => Promise<void>, requestTimeoutMs?: number) =>
    withFaulty(rig, test, requestTimeoutMs);
  /** One ConfigMap whose health and drift are followed by the faulty client, and somebody who touches it by another way. */
  const followed = async ({ client, proxy }: Faulty) => {
    const name = fresh('faulty');
    const target = targetOf(name, [configMap('cfg', { a: '1' })]);
    const inventory = await deploy(rig(), target);
    const words: string[] = [];
    const drifts: (readonly DriftedObject[])[] = [];
    client.watchHealth(name, inventory, ({ health }) => words.push(health), {
      applied: () => Promise.resolve(target),
      onDrift: (objects) => drifts.push(objects),
      onTrouble: (error) => drifts.push(error as never),
    });
    const path = `/api/v1/namespaces/${name}/configmaps/cfg`;
    const until = (word: string) =>
      eventually(() => words.at(-1) === word, 15_000, `${word} after ${words.join()}`);
    await until('Current');
    await eventually(() => drifts.length === 1, 15_000, 'that there is no drift');
    await eventually(() => proxy.watching('configmaps') > 0, 15_000, 'a watch');
    return {
      words,
      drifts,
      until,
      remove: () => raw(rig(), 'DELETE', path),
      bringBack: () => deploy(rig(), target),
      edit: (a: string) => mergePatch(rig(), path, { data: { a } }, 'kubectl-edit'),
    };
  };

  describe('a watch of health', () => {
    it('loses and doubles no transition where it is cut and where its version is forgotten', faulty(async (of) => {
      const { words, until, remove, bringBack } = await followed(of);
      for (const how of ['cut', 'expired', 'over', 'cut', 'expired'] as const) {
        of.proxy.endWatches(how);
        await (words.at(-1) === 'Current' ? remove() : bringBack());
        await until(words.length % 2 === 1 ? 'NotFound' : 'Current');
      }
      expect(words).toEqual(['Current', 'NotFound', 'Current', 'NotFound', 'Current', 'NotFound']);
    })); // prettier-ignore

    it.each([
      ['is cut in the middle of a line', { verb: 'watch', answer: 'cut-answer' }],
      ['is cut before it begins', { verb: 'watch', answer: 'cut' }],
      ['meets a broken server', { verb: 'watch', answer: 500 }],
      ['is told each time that its version is too old', { verb: 'watch', answer: 410 }],
      ['is forbidden, and the list is not', { verb: 'watch', answer: 403 }],
    ] as const)('that %s does not hammer the server, and goes on from where it was', (_how, fault) =>
      faulty(async (of) => {
        const { words, until, remove } = await followed(of);
        const troubles: string[] = [];
        of.client.watchTrouble((one) => {
          if (one.what === 'watch' && one.resource === 'configmaps') troubles.push(one.reason === undefined ? 'over' : 'begins');
        });
        of.proxy.order(fault);
        of.proxy.endWatches('cut');
        expect(await countWithin(of.proxy, 2_000, isOfWatch)).toBeLessThanOrEqual(14);
        await remove();
        of.proxy.order();
        await until('NotFound');
        expect(words.filter((word, at) => word !== words[at - 1])).toEqual(words);
        expect(words.filter((word) => word === 'NotFound')).toHaveLength(1);
        expect(troubles.filter((one, at) => one === (at % 2 === 0 ? 'begins' : 'over'))).toEqual(troubles);
      })(),
    ); // prettier-ignore

    it('that ends as soon as it began, again and again, does not hammer the server', faulty(async (of) => {
      const { words, until, remove } = await followed(of);
      const ending = setInterval(() => of.proxy.endWatches('over'), 5);
      expect(await countWithin(of.proxy, 2_000, isOfWatch)).toBeLessThanOrEqual(20);
      clearInterval(ending);
      await remove();
      await until('NotFound');
      expect(words).toEqual(['Current', 'NotFound']);
    })); // prettier-ignore

    it('waits as long as a server that throttles asks', faulty(async (of) => {
      const { words, until, remove } = await followed(of);
      of.proxy.order({ answer: 429, retryAfterSeconds: 1 });
      of.proxy.endWatches('expired');
      await delay(200);
      expect(await countWithin(of.proxy, 2_200)).toBeLessThanOrEqual(3);
      await remove();
      of.proxy.order();
      await until('NotFound');
      expect(words).toEqual(['Current', 'NotFound']);
    })); // prettier-ignore

    it('that is never answered is asked for again after its deadline', faulty(async (of) => {
      const { words, until, remove } = await followed(of);
      of.proxy.order({ verb: 'watch', resource: 'configmaps', answer: 'hang', times: 1 });
      of.proxy.endWatches('cut');
      await eventually(() => of.proxy.ordered[0]?.met === 1, 15_000, 'a watch that hangs');
      await remove();
      await until('NotFound');
      expect(words).toEqual(['Current', 'NotFound']);
    }, deadlineMs)); // prettier-ignore

    it('goes on at once when a server is there again that was long away', faulty(async (of) => {
      const { until, remove } = await followed(of);
      const links: string[] = [];
      of.client.watchLink(({ state }) => links.push(state));
      await eventually(() => links.at(-1) === 'connected', 15_000, 'the link');
      of.proxy.order({ answer: 'cut' });
      of.proxy.endWatches('cut');
      await delay(5_000);
      await remove();
      of.proxy.order();
      await eventually(() => links.at(-1) === 'connected' && links.length > 2, 15_000, 'the link again');
      const began = performance.now();
      await until('NotFound');
      expect(performance.now() - began).toBeLessThan(1_000);
    })); // prettier-ignore

    it('does not bring an object back that was deleted while it was read', async () => {
      const { transport, bench } = rig();
      const name = fresh('faulty');
      await deploy(rig(), targetOf(name, [configMap('cfg', {})]));
      const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: name, name: 'cfg' };
      const resource = findResource(await bench.capability.current(), object)!;
      const late = new LateReads(transport);
      const watch = new KindWatch(transport, late, resource, () => ({}), { changed: () => undefined, held: () => undefined }); // prettier-ignore
      const isThere = (): boolean => watch.find(localName(object)) !== undefined;
      await eventually(isThere, 15_000, 'the object');
      const read = watch.read(object, new AbortController().signal);
      await late.isRead;
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${name}/configmaps/cfg`);
      await eventually(() => !isThere(), 15_000, 'its end');
      late.answer();
      expect(await read).toBeUndefined();
      expect(isThere()).toBe(false);
      watch.close();
    });
  });

  describe('a watch for drift', () => {
    it('tells a drift once, and its end once, whatever breaks meanwhile', faulty(async (of) => {
      const { drifts, edit } = await followed(of);
      of.proxy.order(
        { verb: 'get', resource: 'configmaps', answer: 500, times: 2 },
        { verb: 'get', resource: 'configmaps', answer: 'cut-answer', times: 1 },
        { verb: 'watch', answer: 'cut-answer', times: 2 },
        { verb: 'list', answer: 429, retryAfterSeconds: 1, times: 1 },
      );
      of.proxy.endWatches('expired');
      await edit('2');
      await eventually(() => drifts.length === 2, 20_000, 'the drift');
      of.proxy.endWatches('cut');
      await edit('1');
      await eventually(() => drifts.length === 3, 20_000, 'the end of the drift');
      expect(drifts.map((objects) => objects.length)).toEqual([0, 1, 0]);
    })); // prettier-ignore
  });
};
