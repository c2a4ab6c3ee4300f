import { subjects } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';
import { addReaction, listen, startLog, type TestLog } from '@syncline/testkit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { because, notes } from '../contract/notes.js';

const rounds = 60;
const restartsAtRounds: ReadonlySet<number> = new Set([30]);
const ownSubjects = ['a', 'b', 'c'].map((name) => subjects.configuration(name));
const trigger = subjects.application('default', 'trigger');

let log: TestLog;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log.stop());

const textOf = (event: StoredEvent): string => (event.data as { labels: { text: string } }).labels.text;

test('a reaction sees what another process wrote before its event, over restarts of the server', async () => {
  const [watching, other] = [await log.hub('planner'), await log.hub('planner', { watchesLog: false })];
  const seen = new Map<string, readonly (readonly string[])[]>();
  const reaction = { name: 'triggers', subjects: ['ev.app.>'], types: ['ClusterRelabelled'] };
  addReaction(watching.strategy, reaction, async (event) => {
    const states = await Promise.all(
      ownSubjects.map((subject) => watching.aggregates.load(notes, subject, event.position)),
    );
    seen.set(
      textOf(event),
      states.map(({ state }) => state),
    );
  });
  await listen(watching.strategy);
  const written: string[][] = ownSubjects.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    if (restartsAtRounds.has(round)) await log.restart();
    const at = (round * 7) % ownSubjects.length;
    const [writer, text] = [round % 3 === 0 ? watching : other, `note-${round}`];
    const key = because({ idempotencyKey: text });
    await writer.aggregates.decide(notes, ownSubjects[at] ?? '', { texts: [text] }, key);
    written[at]?.push(text);
    await other.aggregates.decide(notes, trigger, { texts: [text] }, key);
    const expected = written.map((texts) => [...texts]);
    await vi.waitFor(() => expect(seen.get(text)).toBeDefined(), { timeout: 10_000, interval: 5 });
    // What came after the event may be seen too; here nothing did.
    expect(seen.get(text)).toEqual(expected);
  }
});
