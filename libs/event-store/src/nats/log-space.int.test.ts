import { subjects } from '@syncline/events';
import { startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { because, notes } from '../contract/notes.js';

let log: TestLog;
beforeAll(async () => {
  log = await startLog({ eventsBytes: 100_000 });
});
afterAll(() => log.stop());

const long = 'x'.repeat(10_000);

describe('a log that fills', () => {
  test('tells how full it is; past 80 % nothing new is begun, and what was begun is still recorded', async () => {
    const planner = await log.hub('planner');
    const note = (turn: number) =>
      planner.aggregates.decide(notes, subjects.application('p', String(turn)), { texts: [long] }, because());
    for (let turn = 0; turn < 8; turn += 1) await note(turn);
    const filled: number[] = [];
    const api = await log.hub('api', { meter: { logFilled: (share) => void filled.push(share) } });
    expect(filled).toEqual([expect.closeTo(0.85, 1)]);
    const registered = api.aggregates.decide(notes, subjects.fleet('c'), { texts: ['new'] }, because());
    await expect(registered).rejects.toMatchObject({
      code: 'log-full',
      retryable: true,
      message: expect.stringMatching(/^8\d % of the log's space are used/) as string,
    });
    await expect(note(8)).resolves.toMatchObject({ position: { index: 0 } });
  });

  test('refuses by name when it is full, and drops nothing', async () => {
    const planner = await log.hub('planner');
    const before = await planner.log.lastSequence();
    const subject = subjects.application('p', 'last');
    const noted = planner.aggregates.decide(notes, subject, { texts: [long, long] }, because());
    await expect(noted).rejects.toMatchObject({ code: 'log-full' });
    expect(await planner.log.lastSequence()).toBe(before);
    expect(await planner.log.read(subjects.application('p', '0'))).toHaveLength(1);
  });
});
