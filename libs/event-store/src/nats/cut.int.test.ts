import { subjects } from '@syncline/events';
import { addReaction, eventually, listen, startLog, type TestLog } from '@syncline/testkit';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { because, notes } from '../contract/notes.js';

/** As long as a pull waits for heartbeats that do not come, and longer than any way that does not wait for them. */
const promptMs = 5_000;

let log: TestLog;
beforeAll(async () => {
  log = await startLog();
});
afterAll(() => log.stop());

/** A way to the server on which nothing passes while it is cut, and on which what passed before is lost when it is mended. */
const cuttable = async (port: number) => {
  const open = new Set<Socket>();
  const join = (from: Socket): void => {
    const to = connect(port, '127.0.0.1');
    for (const [one, other] of [[from, to], [to, from]] as const) {
      open.add(one);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
      one.pipe(other);
    }
  }; // prettier-ignore
  const server = createServer(join);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mend = (): void => {
    for (const one of open) one.destroy();
    open.clear();
  };
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => open.forEach((one) => one.pause()),
    mend,
    stop: async () => {
      mend();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

test('an applier whose network was cut hears promptly of what was decided meanwhile and after', async () => {
  const [api, planner] = [await log.hub('api'), await log.hub('planner')];
  const way = await cuttable(Number(new URL(log.url).port));
  await api.servedClusters.assign('hub', ['c']);
  const agent = await log.agent('hub', { servers: way.url });
  const heard: string[] = [];
  addReaction(agent.strategy, { name: 'w', subjects: [], types: ['ClusterRelabelled'] }, (event) => {
    heard.push((event.data as { labels: { text: string } }).labels.text);
    return Promise.resolve();
  });
  await listen(agent.strategy);
  const say = (text: string) =>
    planner.aggregates.decide(notes, subjects.plan('c', 'p', 'a'), { texts: [text] }, because());
  const hears = (text: string) => eventually(() => heard.includes(text), promptMs, `it hears ${text}`);
  await say('before');
  await eventually(() => heard.includes('before'), 20_000, 'it hears at all');
  for (const turn of [1, 2]) {
    way.cut();
    await say(`while cut ${turn}`);
    way.mend();
    await hears(`while cut ${turn}`);
    await say(`after ${turn}`);
    await hears(`after ${turn}`);
  }
  expect(new Set(heard).size).toBe(5);
  await agent.close();
  await way.stop();
});
