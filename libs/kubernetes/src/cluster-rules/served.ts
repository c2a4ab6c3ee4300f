import { eventually, type SeenRequest } from '@syncline/testkit';
import { describe, expect, it } from 'vitest';

import type { ServedNews } from '../cluster-client.js';
import { countWithin, withFaulty, type Faulty } from './faulty.js';
import { applyAs, configMap, deploy, fresh, raw, targetOf, type Rig } from './rig.js';
import { crdOf } from './widgets.js';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';
const services = 'apiservices.apiregistration.k8s.io';
const pathOf = (group: string): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;

const isNoWatch = ({ verb }: SeenRequest): boolean => verb !== 'watch';

/** What is heard of the kinds that an API server serves. */
export const served = (rig: () => Rig): void => {
  const faulty = (test: (of: Faulty) => Promise<void>) => withFaulty(rig, test);
  const followed = async ({ client }: Faulty) => {
    const news: ServedNews[] = [];
    client.watchServed((one) => news.push(one));
    await eventually(() => news.length > 0, 15_000, 'the first news');
    const next = async (what: string, work: () => unknown): Promise<void> => {
      const before = news.length;
      await work();
      await eventually(() => news.length > before, 15_000, `news of ${what}`);
    };
    return { news, next };
  };
  const define = (group: string) => applyAs(rig(), 'somebody', pathOf(group), crdOf(group));
  const isServed = async ({ client }: Faulty, group: string): Promise<boolean> =>
    (await client.capabilities()).resources.some((one) => one.group === group);

  describe('what is served', () => {
    it('is heard of by watches of metadata, where somebody else defines a kind and where its definition goes', faulty(async (of) => {
      const { news, next } = await followed(of);
      expect(news[0]).toEqual({ isWatched: true });
      await eventually(() => of.proxy.watching(definitions) > 0, 15_000, 'a watch of definitions');
      const group = `${fresh('served')}.example.com`;
      const from = of.proxy.requests.length;
      await next('the definition', () => define(group));
      expect(of.proxy.requests.slice(from).filter(isNoWatch)).toEqual([]);
      await eventually(() => isServed(of, group), 15_000, 'that it is served');
      await next('its end', () => raw(rig(), 'DELETE', pathOf(group)));
      await eventually(async () => !(await isServed(of, group)), 15_000, 'that it is not served');
    })); // prettier-ignore

    it('is heard of where it changed while the watch was away, and not where nothing did', faulty(async (of) => {
      const { news, next } = await followed(of);
      await eventually(() => of.proxy.watching(definitions) > 0, 15_000, 'a watch of definitions');
      const lists = () => of.proxy.requests.filter(({ verb, resource }) => verb === 'list' && resource === definitions).length; // prettier-ignore
      const [listed, before] = [lists(), news.length];
      of.proxy.endWatches('expired');
      await eventually(() => lists() > listed && of.proxy.watching(definitions) > 0, 15_000, 'a new list');
      expect(news).toHaveLength(before);
      of.proxy.order({ verb: 'list', answer: 'cut' });
      of.proxy.endWatches('expired');
      const group = `${fresh('served')}.example.com`;
      await define(group);
      await next('the definition', () => {
        of.proxy.order();
      });
    })); // prettier-ignore

    it.each([definitions, services])('is to be looked at where %s may not be listed, which is not asked again soon', (resource) =>
      faulty(async (of) => {
        of.proxy.order({ verb: 'list', resource, answer: 403 });
        const { news } = await followed(of);
        expect(news.at(-1)).toEqual({ isWatched: false });
        expect(await countWithin(of.proxy, 2_000, (one) => one.resource === resource)).toBe(0);
      })(),
    ); // prettier-ignore
  });

  describe('at rest', () => {
    it('a cluster gets no call but watches', faulty(async (of) => {
      const name = fresh('rest');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', {})]));
      const words: string[] = [];
      of.client.watchLink(({ state }) => words.push(state));
      of.client.watchHealth(name, inventory, ({ health }) => words.push(health));
      await followed(of);
      await eventually(() => words.length === 2 && of.proxy.watching('namespaces') > 0, 15_000, 'all to be watched');
      expect(await countWithin(of.proxy, 3_000, isNoWatch)).toBe(0);
    })); // prettier-ignore
  });
};
