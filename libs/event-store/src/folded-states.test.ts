import { subjects } from '@syncline/events';
import { systemClock } from '@syncline/kernel';
import { testKeys } from '@syncline/testkit';
import { describe, expect, it } from 'vitest';

import { because, notes } from './contract/notes.js';
import { LogTail } from './log-tail.js';
import { LoggedAggregates } from './logged-aggregates.js';
import { MemoryMessageLog, MemorySnapshots } from './memory/memory-message-log.js';
import type { HeardMessage } from './heard-messages.js';

const subject = subjects.configuration('fleet');
const other = subjects.configuration('other');
const at = (sequence: number) => ({ sequence, index: 0 });

/** Two processes over one log; the first one's questions are counted, and it is shown what the test shows it. */
const start = () => {
  const log = new MemoryMessageLog(systemClock);
  const asked: string[] = [];
  const counted = Object.assign(Object.create(log) as MemoryMessageLog, {
    last: (name: string) => {
      asked.push(`last ${name}`);
      return log.last(name);
    },
    read: (name: string, after: number) => {
      asked.push(`read ${name}`);
      return log.read(name, after);
    },
    append: (message: Parameters<typeof log.append>[0]) => log.append(message),
  });
  const tail = new LogTail();
  const of = (over: MemoryMessageLog, tailOf: () => LogTail | undefined) =>
    new LoggedAggregates({
      log: over,
      snapshots: new MemorySnapshots(),
      clock: systemClock,
      source: '/syncline/planner',
      idKey: testKeys.idKey,
      tailOf,
    });
  const [ours, theirs] = [of(counted, () => tail), of(log, () => undefined)];
  const note = async (who: LoggedAggregates, text: string, on = subject) =>
    (await who.decide(notes, on, { texts: [text] }, because({ idempotencyKey: text }))).position;
  const heard = async (previous: number): Promise<HeardMessage> => {
    const last = await log.last(subject);
    if (!last) throw new Error(`nothing was said on ${subject}`);
    return { ...last, previous };
  };
  const questions = (): readonly string[] => asked.splice(0);
  return { tail, ours, theirs, note, heard, questions };
};

describe('a state that a reaction needs', () => {
  it('is asked of the log once, and then remembered for as long as nothing else is shown', async () => {
    const { tail, ours, theirs, note, questions } = start();
    await note(theirs, 'one');
    tail.begin(1);
    expect((await ours.load(notes, subject, at(1))).state).toEqual(['one']);
    expect(questions()).toEqual([`last ${subject}`, `read ${subject}`]);
    tail.show({ subject: other, sequence: 2 });
    expect((await ours.load(notes, subject, at(2))).state).toEqual(['one']);
    expect(questions()).toEqual([]);
    await ours.load(notes, subject);
    expect(questions(), 'without a position the log is asked').toEqual([`last ${subject}`]);
  });

  it('is asked of the log again where another process wrote before what is reacted to', async () => {
    const { tail, ours, theirs, note, questions } = start();
    tail.begin();
    await note(ours, 'one');
    tail.show({ subject, sequence: 1 });
    questions();
    expect((await ours.load(notes, subject, at(1))).state).toEqual(['one']);
    expect(questions()).toEqual([]);
    await note(theirs, 'two');
    tail.show({ subject, sequence: 2 });
    expect((await ours.load(notes, subject, at(2))).state).toEqual(['one', 'two']);
    expect(questions()).toEqual([`last ${subject}`, `read ${subject}`]);
  });

  it('is asked of the log where the tail has not come to what is reacted to, or has begun anew', async () => {
    const { tail, ours, theirs, note, questions } = start();
    tail.begin();
    await note(ours, 'one');
    questions();
    await note(theirs, 'two');
    expect((await ours.load(notes, subject, at(2))).state).toEqual(['one', 'two']);
    expect(questions()).toContain(`last ${subject}`);
    tail.begin(2);
    await ours.load(notes, subject, at(2));
    expect(questions()).toEqual([`last ${subject}`]);
    tail.end();
    await ours.load(notes, subject, at(2));
    expect(questions()).toEqual([`last ${subject}`]);
  });

  it('is folded from what was delivered, without a question', async () => {
    const { tail, ours, theirs, note, heard, questions } = start();
    tail.begin();
    await note(ours, 'one');
    questions();
    await note(theirs, 'two');
    ours.hear(await heard(1));
    tail.show({ subject, sequence: 2 });
    expect((await ours.load(notes, subject, at(2))).state).toEqual(['one', 'two']);
    expect(questions()).toEqual([]);
  });

  it('lets a decision that comes to nothing ask no question, and one that does not fit be made on what the log holds', async () => {
    const { tail, ours, theirs, note, questions } = start();
    tail.begin();
    await note(ours, 'one');
    tail.show({ subject, sequence: 1 });
    questions();
    const cause = because({ reaction: { subject: other, position: at(1) } });
    expect((await ours.decide(notes, subject, { texts: [] }, cause)).events).toEqual([]);
    expect(questions()).toEqual([]);
    await note(theirs, 'two');
    const decided = await ours.decide(notes, subject, { texts: ['three'] }, cause);
    expect(decided.state).toEqual(['one', 'two', 'three']);
    expect(questions()).toContain(`read ${subject}`);
  });
});
