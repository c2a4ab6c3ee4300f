import { subjects } from '@syncline/events';
import {
  isWholeRun,
  noSmallDisk,
  startLog,
  startSmallDisk,
  type SmallDisk,
  type TestLog,
} from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Hub } from '../hub.js';
import { because, notes } from '../contract/notes.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the disk of nats-server is not filled: ${reason}`);

const subjectOf = (turn: number): string => subjects.application('full', String(turn));

describe.skipIf(reason !== undefined)('a nats-server whose disk is full', () => {
  let disk: SmallDisk;
  let log: TestLog;
  let planner: Hub;
  const note = (turn: number) =>
    planner.aggregates.decide(notes, subjectOf(turn), { texts: ['x'.repeat(10_000), 'y'] }, because());

  beforeAll(async () => {
    disk = await startSmallDisk(24);
    log = await startLog({ parent: disk.path });
    planner = await log.hub('planner');
  });
  afterAll(async () => {
    await log.stop();
    await disk.remove();
  });

  test('takes nothing, which is said and may be tried again; with room and a restart all goes on and no half is there', async () => {
    await note(1);
    await disk.fill();
    const refused = await Promise.all([2, 3].map((turn) => note(turn).catch((error: unknown) => error)));
    for (const one of refused)
      expect(one).toMatchObject({
        code: 'log-unreachable',
        retryable: true,
        message: expect.stringContaining('takes nothing; look at its disk') as string,
      });
    expect(await planner.log.read(subjectOf(1))).toHaveLength(1);
    await disk.free();
    await log.restart();
    for (const turn of [2, 3, 4]) await note(turn);
    for (const turn of [1, 2, 3, 4]) {
      const entries = await planner.log.read(subjectOf(turn));
      expect(entries.map(({ events }) => events.length)).toEqual([2]);
    }
  });
});
