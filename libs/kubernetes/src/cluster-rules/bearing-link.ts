import { eventually } from '@syncline/testkit';
import { describe, expect, it } from 'vitest';

import type { Link } from '../cluster-client.js';
import { countWithin, deadlineMs, withFaulty, type Faulty } from './faulty.js';
import type { Rig } from './rig.js';

/** The link to a server that is there and faulty, or not there. */
export const bearingLink = (rig: () => Rig): void => {
  const faulty = (test: (of: Faulty) => Promise<void>, requestTimeoutMs?: number) =>
    withFaulty(rig, test, requestTimeoutMs);

  describe('the link', () => {
    const linked = async ({ client, proxy }: Faulty) => {
      const links: Link[] = [];
      client.watchLink((link) => links.push(link));
      const until = (state: string) => eventually(() => links.at(-1)?.state === state, 20_000, state); // prettier-ignore
      await until('connected');
      await eventually(() => proxy.watching('namespaces') > 0, 15_000, 'its watch');
      return { links, until };
    };

    it.each([
      ['throttles', { answer: 429, retryAfterSeconds: 1 }, 4],
      ['answers 500 to everything but its probes', { resource: 'namespaces', answer: 500 }, 24],
      ['cuts every watch', { verb: 'watch', answer: 'cut-answer' }, 24],
    ] as const)('to a server that %s is not lost, nor is the server hammered', (_how, fault, most) =>
      faulty(async (of) => {
        const { links } = await linked(of);
        of.proxy.order(fault);
        of.proxy.endWatches('cut');
        expect(await countWithin(of.proxy, 2_200)).toBeLessThanOrEqual(most);
        of.proxy.order();
        expect(links.map(({ state }) => state)).toEqual(['connected']);
      })(),
    ); // prettier-ignore

    it.each([
      ['answers nothing', { answer: 'hang' }, /does not answer in time/],
      ['cuts every connection', { answer: 'cut' }, /the connection broke/],
      ['is not ready', { path: '/readyz', answer: 500 }, /ordered/],
    ] as const)('to a server that %s is lost, and there again when it answers', (_how, fault, reason) =>
      faulty(async (of) => {
        const { links, until } = await linked(of);
        of.proxy.order(fault);
        of.proxy.endWatches('cut');
        await until('lost');
        of.proxy.order();
        await until('connected');
        expect(links).toMatchObject([{}, { reason: expect.stringMatching(reason) as string }, {}]);
      }, deadlineMs)(),
    ); // prettier-ignore
  });
};
