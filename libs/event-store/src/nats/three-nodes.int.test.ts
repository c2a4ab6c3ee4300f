import { jetstreamManager, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import { subjects } from '@syncline/events';
import { AdapterError, type LogEntry, type StoredEvent } from '@syncline/kernel';
import {
  addReaction, eventually, isWholeRun, listen, startLog, type TestLog, type TestNats,
} from '@syncline/testkit'; // prettier-ignore
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { because, notes } from '../contract/notes.js';
import type { Hub } from '../hub.js';
import { eventsStream } from '../streams.js';
import { openConnection } from './connection.js';

const writers = ['a', 'b', 'c', 'd'];
/** Between two decisions of a writer, so that what is waited for does not decide how much there is to compare. */
const paceMs = 20;
/** Nodes agree on the next leader within nine seconds of the last word of the one before; this machine may be slow. */
const electionMs = 20_000;

let log: TestLog;
let jsm: JetStreamManager;
beforeAll(async () => {
  if (!isWholeRun) return undefined;
  log = await startLog({ replicas: 3 });
  const credentials = log.installation.credentials.bootstrap ?? '';
  const nc = await openConnection({ servers: log.url, credentials, name: 'onlooker' });
  jsm = await jetstreamManager(nc, { timeout: 1_000 });
  return () => nc.close();
});
afterAll(() => (isWholeRun ? log.stop() : undefined));

const textOf = (event: StoredEvent): string => (event.data as { labels: { text: string } }).labels.text;
const original = (writer: string): string => subjects.application('load', writer);
const copy = (writer: string): string => subjects.configuration(`copy-${writer}`);

/** Writers that decide one after the other, again where the log does not answer, until they are told to end. */
const startLoad = (hub: Hub) => {
  const written = new Map<string, string[]>(writers.map((writer) => [writer, []]));
  let [last, pause, isOver] = [performance.now(), 0, false];
  const acknowledged = (): void => {
    const now = performance.now();
    [last, pause] = [now, Math.max(pause, now - last)];
  };
  const decide = async (subject: string, text: string): Promise<void> => {
    for (;;) {
      try {
        await hub.aggregates.decide(notes, subject, { texts: [text] }, because({ idempotencyKey: text }));
        acknowledged();
        return;
      } catch (error) {
        if (!(error instanceof AdapterError) || !error.retryable) throw error;
        await delay(20);
      }
    }
  };
  const work = writers.map(async (writer) => {
    for (let at = 0; !isOver; at += 1) {
      await decide(original(writer), `note-${at}`);
      written.get(writer)?.push(`note-${at}`);
      await delay(paceMs);
    }
  });
  const count = (): number => [...written.values()].reduce((sum, texts) => sum + texts.length, 0);
  return {
    written,
    more: (wanted: number) => {
      const before = count();
      return eventually(() => count() >= before + wanted, 60_000, `${wanted} more notes`);
    },
    /** The longest time between two acknowledged decisions since the last question. */
    pause: () => {
      const longest = Math.max(pause, performance.now() - last);
      pause = 0;
      return longest;
    },
    end: async () => {
      isOver = true;
      await Promise.all(work);
    },
  };
};

const standing = (): Promise<StreamInfo | undefined> => jsm.streams.info(eventsStream).catch(() => undefined);
const nodeOf = async (which: 'leader' | 'other'): Promise<TestNats> => {
  const info = await eventually(standing, electionMs, 'the stream has a leader');
  const leader = Number(info.cluster?.leader?.slice(-1)) - 1;
  const node = log.nodes[which === 'leader' ? leader : (leader + 1) % 3];
  if (!node) throw new Error(`no node leads: ${JSON.stringify(info.cluster)}`);
  return node;
};
/** Every node has all of the stream again, but for what is being written now. */
const caughtUp = (mostLag: number): Promise<unknown> =>
  eventually(
    async () => {
      const { leader, replicas = [] } = (await standing())?.cluster ?? {};
      // A lag of none is left out.
      const isThere = replicas.map(({ offline, lag }) => !offline && !(lag > mostLag));
      return leader !== undefined && isThere.length === 2 && isThere.every(Boolean);
    },
    60_000,
    'every node has everything',
  );

const startCopies = async (hub: Hub): Promise<void> => {
  const reaction = { name: 'copies', subjects: ['ev.app.load.*'], types: ['ClusterRelabelled'] };
  addReaction(hub.strategy, reaction, async (event) => {
    const cause = because({ reaction: { subject: event.subject, position: event.position } });
    await hub.aggregates.decide(notes, copy(event.subject.slice(-1)), { texts: [textOf(event)] }, cause);
  });
  await listen(hub.strategy);
};
const follow = (hub: Hub): readonly LogEntry[] => {
  const [followed, stop]: [LogEntry[], AbortController] = [[], new AbortController()];
  const following = (async () => {
    for await (const entry of hub.log.follow({}, stop.signal)) followed.push(entry);
  })();
  onTestFinished(async () => {
    stop.abort();
    await following;
  });
  return followed;
};

/** How long nodes take to agree on a leader depends on the machine, up to half a minute in all: in whole runs alone. */
test.runIf(isWholeRun)(
  'one of three nodes is killed under load, then the one that leads: nothing is lost or twice, and all goes on',
  async () => {
    const [hub, api] = [await log.hub('planner'), await log.hub('api')];
    await startCopies(hub);
    const followed = follow(api);
    const load = startLoad(hub);
    await load.more(50);
    const pauses: Record<string, number> = {};
    for (const which of ['other', 'leader'] as const) {
      const node = await nodeOf(which);
      load.pause();
      await node.kill();
      await load.more(100);
      pauses[which] = Math.round(load.pause());
      await node.start();
      await caughtUp(10);
    }
    await load.end();
    await caughtUp(0);
    console.info(`longest pause between acknowledged decisions, in ms: ${JSON.stringify(pauses)}`);

    for (const [writer, texts] of load.written) {
      const stateOf = async (subject: string) => (await hub.aggregates.load(notes, subject)).state;
      expect(await stateOf(original(writer))).toEqual(texts);
      await eventually(
        async () => (await stateOf(copy(writer))).length >= texts.length,
        60_000,
        `copies of ${writer}`,
      );
      expect(await stateOf(copy(writer))).toEqual(texts);
    }
    const last = await api.log.lastSequence();
    await eventually(() => followed.length >= last, 30_000, 'the follower has everything');
    expect(followed.map((entry) => entry.message.sequence)).toEqual(
      Array.from({ length: last }, (_, at) => at + 1),
    );
    expect(pauses.other).toBeLessThan(5_000);
    expect(pauses.leader).toBeLessThan(electionMs);
  },
  180_000,
);
