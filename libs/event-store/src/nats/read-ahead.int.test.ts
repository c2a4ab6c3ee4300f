import { subjects } from '@syncline/events';
import type { LogEntry } from '@syncline/kernel';
import { startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { because, notes } from '../contract/notes.js';
import type { Hub } from '../hub.js';

/** More than a reader asks for ahead. */
const messages = 6_000;

let log: TestLog;
let hub: Hub;
beforeAll(async () => {
  log = await startLog();
  hub = await log.hub('planner');
  const writers = Array.from({ length: 50 }, (_, writer) => subjects.application('ahead', `a-${writer}`));
  await Promise.all(
    writers.map(async (subject) => {
      for (let at = 0; at < messages / writers.length; at += 1)
        await hub.aggregates.decide(notes, subject, { texts: [String(at)] }, because());
    }),
  );
});
afterAll(() => log.stop());

const all = Array.from({ length: messages }, (_, at) => at + 1);

test('a whole log comes in batches, in order, each message once', async () => {
  const batches = await Array.fromAsync(hub.log.scanInBatches({}));
  expect(batches.flat().map((entry) => entry.message.sequence)).toEqual(all);
  expect(batches.length).toBeLessThan(messages / 2);
});

test('its messages have the times that they have when they are read by subject', async () => {
  const subject = subjects.application('ahead', 'a-7');
  const times = (entries: readonly LogEntry[]) =>
    entries.map(({ message }) => [message.sequence, message.recordedAt, message.recordedAtNs]);
  const scanned = await Array.fromAsync(hub.log.scanInBatches({ subjects: [subject] }));
  expect(times(scanned.flat())).toEqual(times(await hub.log.read(subject)));
});

test('what is appended while it is read does not make the reading longer', async () => {
  const read: number[] = [];
  for await (const entries of hub.log.scanInBatches({ subjects: ['ev.app.ahead.*'] })) {
    if (read.length === 0)
      await hub.aggregates.decide(notes, subjects.application('late', 'a'), { texts: ['x'] }, because());
    read.push(...entries.map((entry) => entry.message.sequence));
  }
  expect(read).toEqual(all);
});

test('a server that is killed while the log is read leaves no hole and no repetition', async () => {
  const read: number[] = [];
  let kills = 0;
  for await (const entries of hub.log.scanInBatches({ subjects: ['ev.app.ahead.*'] })) {
    read.push(...entries.map((entry) => entry.message.sequence));
    if (kills === 1 || read.length < 100) continue;
    kills += 1;
    await log.kill();
    await log.start();
  }
  expect(kills).toBe(1);
  expect(read).toEqual(all);
});
