import { setTimeout as delay } from 'node:timers/promises';

import { subjects } from '@syncline/events';
import { isCommandRefused } from '@syncline/kernel';
import { testKeys } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { idsOf } from '../decision.js';
import type { Hub } from '../hub.js';
import { MemorySnapshots } from '../memory/memory-message-log.js';
import type { MessageLog } from '../message-log.js';
import { because, notes } from './notes.js';
import { aggregatesOver, duplicateWindowMs, worlds, type World } from './worlds.js';

let count = 0;
const freshSubject = (): string => subjects.application('default', `notes-${(count += 1)}`);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe.each(worlds)('aggregates $kind', ({ start }) => {
  let world: World;
  let planner: Hub;
  beforeAll(async () => {
    world = await start();
    planner = await world.hub('planner');
  });
  afterAll(() => world.stop());

  const textsOf = async (subject: string) =>
    (await (await world.hub('planner')).aggregates.load(notes, subject)).state;
  const note = (subject: string, ...texts: string[]) =>
    planner.aggregates.decide(notes, subject, { texts }, because());

  test('a subject that holds nothing folds to the initial state at sequence 0', async () => {
    expect(await planner.aggregates.load(notes, freshSubject())).toEqual({ state: [], sequence: 0 });
  });

  test('a decision is one message, and its position is that of its last event', async () => {
    const subject = freshSubject();
    const { events, position, state } = await note(subject, 'a', 'b');
    expect(state).toEqual(['a', 'b']);
    expect(events.map((event) => event.position.index)).toEqual([0, 1]);
    expect(position).toEqual(events[1]?.position);
    expect(await world.messages.read(subject, 0)).toHaveLength(1);
  });

  test('writers who append at once all get through, each once', async () => {
    const subject = freshSubject();
    const writers = [planner, await world.hub('planner'), await world.hub('planner')];
    const texts = writers.flatMap((writer, index) =>
      Array.from({ length: 8 }, (_, turn) => ({ writer, text: `${index}-${turn}` })),
    );
    await Promise.all(
      texts.map(({ writer, text }) => writer.aggregates.decide(notes, subject, { texts: [text] }, because())),
    );
    expect([...(await textsOf(subject))].sort()).toEqual(texts.map(({ text }) => text).sort());
  });

  test('who loses a race decides again on what won it', async () => {
    const subject = freshSubject();
    const writers = [planner, await world.hub('planner'), await world.hub('planner')];
    const outcomes = await Promise.allSettled(
      writers.map((writer, index) =>
        writer.aggregates.decide(notes, subject, { texts: [`seat ${index}`], limit: 1 }, because()),
      ),
    );
    const refused = outcomes.filter((one) => one.status === 'rejected' && isCommandRefused(one.reason));
    expect(refused).toHaveLength(2);
    expect(await textsOf(subject)).toHaveLength(1);
  });

  test.each([
    ['inside', 0],
    ['outside', duplicateWindowMs + 100],
  ])('a key that was used decides nothing %s the duplicate window', async (_, afterMs) => {
    const subject = freshSubject();
    const cause = because({ idempotencyKey: `key-${afterMs}` });
    await planner.aggregates.decide(notes, subject, { texts: ['once'] }, cause);
    await delay(afterMs);
    const repeated = await (
      await world.hub('planner')
    ).aggregates.decide(notes, subject, { texts: ['twice'] }, cause);
    expect(repeated.events).toEqual([]);
    expect(repeated.state).toEqual(['once']);
  });

  test('an event that was reacted to, or one before it, decides nothing again', async () => {
    const subject = freshSubject();
    const reacting = (sequence: number) =>
      because({ reaction: { subject: 'ev.repo.fleet', position: { sequence, index: 0 } } });
    const decide = (sequence: number) =>
      planner.aggregates.decide(notes, subject, { texts: [String(sequence)] }, reacting(sequence));
    for (const sequence of [7, 7, 5, 9]) await decide(sequence);
    expect(await textsOf(subject)).toEqual(['7', '9']);
  });

  test('a message id that somebody else used is decided again, never taken for success', async () => {
    const subject = freshSubject();
    const cause = because({ idempotencyKey: 'stolen' });
    await world.occupy(idsOf(testKeys.idKey, subject, cause)(0));
    const decided = await planner.aggregates.decide(notes, subject, { texts: ['mine'] }, cause);
    expect(decided.events).toHaveLength(1);
    expect(await textsOf(subject)).toEqual(['mine']);
  });

  test('an append whose answer was lost is found in the log, and decided once', async () => {
    const subject = freshSubject();
    let lost = 0;
    const forgetful: MessageLog = Object.create(world.messages) as MessageLog;
    forgetful.append = async (message) => {
      const outcome = await world.messages.append(message);
      return (lost += 1) === 1 ? { status: 'unknown' } : outcome;
    };
    forgetful.read = (...args) => world.messages.read(...args);
    forgetful.last = (...args) => world.messages.last(...args);
    const decided = await aggregatesOver(forgetful).decide(notes, subject, { texts: ['a', 'b'] }, because());
    expect(lost).toBe(1);
    expect(decided.events.map((event) => event.data)).toMatchObject([{ labels: { text: 'a' } }, {}]);
    expect(decided.position).toEqual(decided.events[1]?.position);
    expect(await textsOf(subject)).toEqual(['a', 'b']);
  });

  describe('a process that knows an older state', () => {
    /** Two processes; the second has seen the subject's first note, and not what the first wrote afterwards. */
    const staleOver = async (subject: string, ...later: readonly string[]) => {
      const [writer, stale] = [planner, await world.hub('planner')];
      await writer.aggregates.decide(notes, subject, { texts: ['first'] }, because());
      await stale.aggregates.load(notes, subject);
      for (const text of later)
        await writer.aggregates.decide(notes, subject, { texts: [text] }, because({ idempotencyKey: text }));
      return stale;
    };

    test('decides again on what it did not know', async () => {
      const subject = freshSubject();
      const stale = await staleOver(subject, 'second');
      const decided = await stale.aggregates.decide(notes, subject, { texts: ['third'] }, because());
      expect(decided.state).toEqual(['first', 'second', 'third']);
      expect(await textsOf(subject)).toEqual(['first', 'second', 'third']);
    });

    test('refuses by what it did not know, and is not refused by what has passed', async () => {
      const subject = freshSubject();
      const stale = await staleOver(subject, 'second');
      const tooMany = stale.aggregates.decide(notes, subject, { texts: ['third'], limit: 2 }, because());
      await expect(tooMany).rejects.toMatchObject({ code: 'notes-full' });
      await planner.aggregates.decide(notes, subject, { texts: ['clear'] }, because());
      const fits = await stale.aggregates.decide(notes, subject, { texts: ['again'], limit: 2 }, because());
      expect(fits.state).toEqual(['again']);
      expect(await textsOf(subject)).toEqual(['again']);
    });

    test('decides nothing for a key that was used meanwhile, and says no events of another', async () => {
      const subject = freshSubject();
      const stale = await staleOver(subject, 'keyed');
      const cause = because({ idempotencyKey: 'keyed' });
      const repeated = await stale.aggregates.decide(notes, subject, { texts: ['twice'] }, cause);
      expect(repeated.events).toEqual([]);
      expect(repeated.state).toEqual(['first', 'keyed']);
      expect(await textsOf(subject)).toEqual(['first', 'keyed']);
    });

    test('decides nothing for an event that was reacted to meanwhile, or one before it', async () => {
      const subject = freshSubject();
      const stale = await staleOver(subject);
      const reacting = (sequence: number) =>
        because({ reaction: { subject: 'ev.repo.fleet', position: { sequence, index: 0 } } });
      await planner.aggregates.decide(notes, subject, { texts: ['seven'] }, reacting(7));
      for (const sequence of [7, 5]) {
        const repeated = await stale.aggregates.decide(notes, subject, { texts: ['no'] }, reacting(sequence));
        expect(repeated.events).toEqual([]);
      }
      await stale.aggregates.decide(notes, subject, { texts: ['nine'] }, reacting(9));
      expect(await textsOf(subject)).toEqual(['first', 'seven', 'nine']);
    });

    test('and another that is as stale get through, each decision once, whoever comes first', async () => {
      const subject = freshSubject();
      const others = [await staleOver(subject), await world.hub('planner'), await world.hub('planner')];
      await Promise.all(others.map((hub) => hub.aggregates.load(notes, subject)));
      const rounds = Array.from({ length: 6 }, (_, round) => round);
      for (const round of rounds) {
        // Each knows only what it wrote itself: the others' last notes are news to it.
        await Promise.all(
          others.map((hub, at) =>
            hub.aggregates.decide(
              notes,
              subject,
              { texts: [`${round}-${at}`] },
              because({ idempotencyKey: `${round}-${at % 2}` }),
            ),
          ),
        );
      }
      const texts = await textsOf(subject);
      expect(texts).toHaveLength(1 + 2 * rounds.length);
      for (const round of rounds)
        expect(texts.filter((text) => text.startsWith(`${round}-`))).toHaveLength(2);
    });
  });

  test('what they read to load a state is told, and each decision that had to be made again', async () => {
    const subject = freshSubject();
    const told: string[] = [];
    const loaded = (_: number, from: string): void => void told.push(from);
    const appended = (_: number, hasConflict: boolean): void => void told.push(hasConflict ? 'lost' : 'won');
    const aggregates = aggregatesOver(world.messages, new MemorySnapshots(), { loaded, appended });
    await note(subject, 'a');
    await aggregates.load(notes, subject);
    await aggregates.load(notes, subject);
    await aggregates.decide(notes, subject, { texts: ['b'] }, because());
    await note(subject, 'c');
    await aggregates.decide(notes, subject, { texts: ['d'] }, because());
    expect(told).toEqual(['history', 'memory', 'won', 'lost', 'tail', 'won']);
  });

  test('a snapshot and the tail after it fold to what the whole history folds to', async () => {
    const subject = freshSubject();
    const texts = Array.from({ length: 130 }, (_, index) => `note ${index}`);
    for (const text of texts.slice(0, 120)) await note(subject, text);
    expect(await textsOf(subject)).toEqual(texts.slice(0, 120));
    for (const text of texts.slice(120)) await note(subject, text);
    expect(await textsOf(subject)).toEqual(texts);
    await world.dropSnapshots();
    expect(await textsOf(subject)).toEqual(texts);
  });

  test('a snapshot of a longer log than there is changes nothing', async () => {
    const subject = freshSubject();
    await note(subject, 'a');
    const snapshots = new MemorySnapshots();
    const state = { state: ['a', 'ghost'], handled: {}, ids: [] };
    await snapshots.keep(notes.name, notes.version, subject, { sequence: 1_000_000, state });
    const over = aggregatesOver(world.messages, snapshots);
    expect((await over.load(notes, subject)).state).toEqual(['a']);
    await over.decide(notes, subject, { texts: ['b'] }, because());
    expect(await textsOf(subject)).toEqual(['a', 'b']);
  });

  test('an event that this code does not know halts its subject, by name, and no other', async () => {
    const subject = freshSubject();
    const unknown = encode([{ specversion: '1.0', id: 'x', type: 'MoonLanded' }]);
    await world.messages.append({ subject, expected: 0, bytes: unknown, id: `unknown-${subject}` });
    await expect(note(subject, 'a')).rejects.toMatchObject({ code: 'log-unreadable', object: subject });
    await expect(note(freshSubject(), 'a')).resolves.toBeDefined();
  });
});
