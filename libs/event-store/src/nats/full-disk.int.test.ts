import { subjects } from '@syncline/events';
import {
  eventually,
  isWholeRun,
  noSmallDisk,
  startLog,
  startSmallDisk,
  type SmallDisk,
  type TestLog,
} from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Agent, Hub } from '../hub.js';
import { because, notes } from '../contract/notes.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the disk of nats-server is not filled: ${reason}`);

const subjectOf = (turn: number): string => subjects.application('full', String(turn));

describe.skipIf(reason !== undefined)('a nats-server whose disk is full', () => {
  let disk: SmallDisk;
  let log: TestLog;
  let planner: Hub;
  let agent: Agent;
  const note = (turn: number) =>
    planner.aggregates.decide(notes, subjectOf(turn), { texts: ['x'.repeat(10_000), 'y'] }, because());

  const noteOfAgent = (turn: number) =>
    agent.aggregates.decide(
      notes,
      subjects.target('staging', 'full', String(turn)),
      { texts: ['z'.repeat(10_000)] },
      because(),
    );

  beforeAll(async () => {
    disk = await startSmallDisk(24);
    log = await startLog({ parent: disk.path });
    planner = await log.hub('planner');
    await (await log.hub('api')).servedClusters.assign('hub', ['staging']);
    agent = await log.agent();
  });
  afterAll(async () => {
    await log.stop();
    await disk.remove();
  });

  test('takes nothing, which is said and may be tried again; with room and a restart all goes on and no half is there', async () => {
    await note(1);
    await disk.fill();
    const work = [note(2), note(3), noteOfAgent(1)];
    const refused = await Promise.all(work.map((one) => one.catch((error: unknown) => error)));
    for (const one of refused)
      expect(one).toMatchObject({
        code: 'log-unreachable',
        retryable: true,
        message: expect.stringContaining('takes nothing; look at its disk') as string,
      });
    expect(await planner.log.read(subjectOf(1))).toHaveLength(1);
    const lack = expect.stringMatching(
      /^nats-server at .* has taken nothing for \d+ s; look at its disk and its log$/,
    ) as string;
    for (const one of [planner, agent]) expect(one.missing()).toEqual([lack]);
    await disk.free();
    await log.restart();
    for (const one of [planner, agent])
      await eventually(() => one.missing().length === 0, 10_000, 'nothing is missing');
    for (const turn of [2, 3, 4]) await note(turn);
    await noteOfAgent(1);
    for (const turn of [1, 2, 3, 4]) {
      const entries = await planner.log.read(subjectOf(turn));
      expect(entries.map(({ events }) => events.length)).toEqual([2]);
    }
  });
});
