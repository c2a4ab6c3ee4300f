import { subjects } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';
import { addReaction, eventually, listen, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { because, notes } from '../contract/notes.js';
import type { Hub } from '../hub.js';
import type { ReactionStanding } from '../reactions/running-reaction.js';

/** More than a consumer is given before it has acknowledged any. */
const behind = 6_000;

let log: TestLog;
let writer: Hub;
beforeAll(async () => {
  log = await startLog();
  writer = await log.hub('planner');
});
afterAll(() => log.stop());

const [stuck, free] = [subjects.application('starving', 'stuck'), subjects.application('starving', 'free')];
const note = (subject: string, text: string) =>
  writer.aggregates.decide(notes, subject, { texts: [text] }, because());
const textOf = (event: StoredEvent): string => (event.data as { labels: { text: string } }).labels.text;
const reaction = { name: 'starving', subjects: ['ev.app.starving.*'], types: ['ClusterRelabelled'] };

test('a subject that is stuck with more events than a consumer may hold starves no other, and loses none', async () => {
  for (let at = 0; at < behind; at += 1) await note(stuck, String(at));
  let standing: () => ReactionStanding = () => ({ held: 0, pending: 0, oldestNs: undefined });
  const working = (_: string, asked: () => ReactionStanding) => {
    standing = asked;
    return () => undefined;
  };
  const hub = await log.hub('planner', { meter: { working } });
  const seen: string[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  addReaction(hub.strategy, reaction, async (event) => {
    if (event.subject === stuck) await opened;
    seen.push(event.subject === stuck ? textOf(event) : 'free');
  });
  await listen(hub.strategy);
  await eventually(() => standing().pending === 0, 30_000, 'all was delivered');

  const began = performance.now();
  await note(free, 'free');
  await eventually(() => seen.length > 0, 5_000, 'the other subject is handled');
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(standing().held).toBeLessThan(100);

  open();
  await eventually(() => seen.length >= behind + 1, 60_000, 'the stuck one is handled, too');
  expect(seen.slice(1)).toEqual(Array.from({ length: behind }, (_, at) => String(at)));
  await note(stuck, 'after');
  await eventually(() => seen.at(-1) === 'after', 5_000, 'what comes afterwards');
});
