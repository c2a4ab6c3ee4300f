import { subjects } from '@syncline/events';
import {
  addReaction,
  eventually,
  isWholeRun,
  listen,
  noSmallDisk,
  startLog,
  startSmallDisk,
  type SmallDisk,
  type TestLog,
} from '@syncline/testkit';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { because, notes } from '../contract/notes.js';
import type { Hub } from '../hub.js';
import { eventsStream } from '../streams.js';
import { openConnection } from './connection.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the disk of one of three nats-servers is not filled: ${reason}`);

const full = 'nats-1';
const waitMs = 60_000;
/** An append whose leader goes is given up after two seconds, and made again. */
const pauseMs = 10_000;

describe.skipIf(reason !== undefined)('of three nats-servers one, whose disk is full and which', () => {
  let disk: SmallDisk;
  let log: TestLog;
  let nc: NatsConnection;
  let jsm: JetStreamManager;
  let planner: Hub;

  beforeEach(async () => {
    disk = await startSmallDisk(64);
    log = await startLog({ replicas: 3, elsewhere: { [full]: disk.path } });
    const credentials = log.installation.credentials.bootstrap ?? '';
    nc = await openConnection({ servers: log.url, credentials, name: 'onlooker' });
    jsm = await jetstreamManager(nc);
    planner = await log.hub('planner');
  }, waitMs);
  afterEach(async () => {
    await nc.close();
    await log.stop();
    await disk.remove();
  });

  const subjectOf = (kind: string, turn: number): string => subjects.application(kind, String(turn));
  const note = (kind: string, turn: number) =>
    planner.aggregates.decide(notes, subjectOf(kind, turn), { texts: ['x'.repeat(10_000)] }, because());

  /** Repeats each note on a subject of its own. */
  const startCopies = async (): Promise<void> => {
    const reaction = { name: 'copies', subjects: ['ev.app.original.*'], types: ['ClusterRelabelled'] };
    addReaction(planner.strategy, reaction, async (event) => {
      const cause = because({ reaction: { subject: event.subject, position: event.position } });
      const turn = Number(event.subject.split('.').at(-1));
      await planner.aggregates.decide(notes, subjectOf('copy', turn), { texts: ['x'] }, cause);
    });
    await listen(planner.strategy);
  };

  const groups = [eventsStream, `${eventsStream}.planner-copies`];
  const standingOf = async (group: string) => {
    const [stream = '', consumer] = group.split('.');
    const asked = consumer === undefined ? jsm.streams.info(stream) : jsm.consumers.info(stream, consumer);
    return (await asked.catch(() => undefined))?.cluster;
  };
  /** Has the stream and the reaction's consumer led by the node, or by another. */
  const settle = async (role: string): Promise<void> => {
    for (const group of groups) {
      const [kind, preferred] = [
        group.includes('.') ? 'CONSUMER' : 'STREAM',
        role === 'leads' ? full : 'nats-2',
      ];
      await eventually(
        async () => {
          const leader = (await standingOf(group))?.leader;
          if (leader === preferred) return true;
          await nc.request(
            `$JS.API.${kind}.LEADER.STEPDOWN.${group}`,
            JSON.stringify({ placement: { preferred } }),
          );
          return false;
        },
        waitMs,
        `${preferred} leads ${group}`,
      );
    }
  };

  test.each(['leads', 'follows'])(
    '%s: decisions and reactions go on without it, and once it has room and was restarted it has all',
    async (role) => {
      await startCopies();
      await note('original', 0);
      await settle(role);
      await disk.fill();
      let longest = 0;
      for (let turn = 1; turn <= 200; turn += 1) {
        const began = performance.now();
        await note('original', turn);
        longest = Math.max(longest, performance.now() - began);
      }
      console.log(`the node with the full disk ${role}: the longest decision took ${Math.round(longest)} ms`);
      expect(longest).toBeLessThan(pauseMs);
      const copies = () => planner.log.subjects('ev.app.copy.*');
      await eventually(async () => (await copies()).length === 201, waitMs, 'every note is copied');
      expect(planner.missing()).toEqual([]);

      await disk.free();
      await log.nodes[0]?.restart();
      const isCurrent = async (group: string) => {
        const { replicas = [], leader } = (await standingOf(group)) ?? {};
        return leader !== undefined && replicas.length === 2 && replicas.every(({ current }) => current);
      };
      for (const group of groups) await eventually(() => isCurrent(group), waitMs, `all nodes have ${group}`);
      for (const turn of [1, 200]) expect(await planner.log.read(subjectOf('copy', turn))).toHaveLength(1);
    },
    240_000,
  );
});
