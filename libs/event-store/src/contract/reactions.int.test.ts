import { subjects } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';
import { addReaction, eventually, listen } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { Hub } from '../hub.js';
import { because, notes } from './notes.js';
import { cluster, fewerWorlds, type World } from './worlds.js';

const types = ['ClusterRelabelled'];
const textOf = (event: StoredEvent): string => (event.data as { labels: { text: string } }).labels.text;

/** A promise and the way to fulfil it. */
const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

let count = 0;
/** A project of its own for each test, so that no reaction sees another test's notes. */
const freshProject = () => {
  const project = `project-${(count += 1)}`;
  return {
    all: [`ev.app.${project}.*`],
    a: subjects.application(project, 'a'),
    b: subjects.application(project, 'b'),
    name: `reads-${project}`,
  };
};

describe.each(fewerWorlds)('reactions $kind', ({ start }) => {
  let world: World;
  let writer: Hub;
  let asker: Hub;
  beforeAll(async () => {
    world = await start();
    writer = await world.hub('planner');
    asker = await world.hub('api');
  });
  afterAll(() => world.stop());

  const note = (subject: string, ...texts: string[]) =>
    writer.aggregates.decide(notes, subject, { texts }, because());
  const reacting = async (
    project: { all: string[]; name: string },
    handler: (event: StoredEvent) => Promise<void>,
  ): Promise<Hub> => {
    const hub = await world.hub('planner');
    onTestFinished(() => hub.close());
    addReaction(hub.strategy, { name: project.name, subjects: project.all, types }, handler);
    await listen(hub.strategy);
    return hub;
  };
  const parkedBy = async (project: { name: string }) => {
    const entries = await writer.log.read(subjects.service('planner'));
    return entries
      .flatMap((entry) => entry.events)
      .filter((event) => (event.data as { reaction?: string }).reaction === project.name)
      .map((event) => event.type);
  };

  test('go on with other subjects while one with a thousand events behind it is stuck', async () => {
    const project = freshProject();
    const { open, opened } = gate();
    onTestFinished(open);
    const seen: string[] = [];
    await reacting(project, async (event) => {
      if (event.subject === project.a) await opened;
      seen.push(textOf(event));
    });
    for (let at = 0; at < 1_000; at += 1) await note(project.a, 'stuck');
    await note(project.b, 'free');
    await eventually(() => seen.length > 0, 10_000, 'the other subject is handled');
    expect(seen).toEqual(['free']);
    open();
    await eventually(() => seen.length === 1_001, 20_000, 'the first one is handled, too');
  });

  test('that end while a subject with many events behind it is stuck lose none of them and keep their order', async () => {
    const project = freshProject();
    const { open, opened } = gate();
    const first = await reacting(project, async () => {
      await opened;
      throw new Error('ended');
    });
    const texts = Array.from({ length: 150 }, (_, at) => String(at));
    for (const text of texts) await note(project.a, text);
    await note(project.b, 'free');
    const closed = first.close();
    open();
    await closed;
    const seen: string[] = [];
    await reacting(project, (event) => {
      if (event.subject === project.a) seen.push(textOf(event));
      return Promise.resolve();
    });
    await eventually(() => seen.length >= texts.length, 10_000, 'all are seen');
    expect(seen).toEqual(texts);
  });

  test('see the events of a subject in order, one at a time', async () => {
    const project = freshProject();
    const seen: string[] = [];
    let running = 0;
    let most = 0;
    await reacting(project, async (event) => {
      most = Math.max(most, (running += 1));
      await new Promise(setImmediate);
      seen.push(textOf(event));
      running -= 1;
    });
    const texts = Array.from({ length: 40 }, (_, index) => String(index));
    for (const text of texts) await note(project.a, text);
    await eventually(() => seen.length === texts.length, 10_000, 'all events are seen');
    expect(seen).toEqual(texts);
    expect(most).toBe(1);
  });

  test('see what was written before they were first started', async () => {
    const project = freshProject();
    await note(project.a, 'early');
    const seen: string[] = [];
    await reacting(project, (event) => {
      seen.push(textOf(event));
      return Promise.resolve();
    });
    await eventually(() => seen.includes('early'), 5_000, 'the earlier event');
  });

  test('on one subject do not wait for those on another', async () => {
    const project = freshProject();
    const { open, opened } = gate();
    const seen: string[] = [];
    await reacting(project, async (event) => {
      if (event.subject === project.a) await opened;
      seen.push(textOf(event));
    });
    await note(project.a, 'slow');
    await note(project.b, 'quick');
    await eventually(() => seen.includes('quick'), 5_000, 'the other subject');
    expect(seen).not.toContain('slow');
    open();
    await eventually(() => seen.includes('slow'), 5_000, 'the held one');
  });

  test('park a subject that keeps failing, go on with others, and with it when it is resumed', async () => {
    const project = freshProject();
    let isBroken = true;
    const seen: string[] = [];
    await reacting(project, (event) => {
      if (textOf(event) === 'poison' && isBroken) return Promise.reject(new Error('cannot digest'));
      seen.push(textOf(event));
      return Promise.resolve();
    });
    await note(project.a, 'poison');
    await note(project.a, 'behind');
    await eventually(async () => (await parkedBy(project)).includes('SubjectParked'), 10_000, 'it is parked');
    await note(project.b, 'elsewhere');
    await eventually(() => seen.includes('elsewhere'), 5_000, 'the other subject');
    expect(seen).toEqual(['elsewhere']);

    const resume = () =>
      asker.commands.send('planner', 'resume', { reaction: project.name, subject: project.a }, because());
    await expect(resume()).rejects.toMatchObject({ code: 'still-failing' });
    isBroken = false;
    await note(project.a, 'later');
    await resume();
    await note(project.a, 'last');
    await eventually(() => seen.includes('last'), 5_000, 'what came after');
    expect(seen).toEqual(['elsewhere', 'poison', 'behind', 'later', 'last']);
    expect(await parkedBy(project)).toEqual(['SubjectParked', 'SubjectResumed']);
  });

  test('keep a subject parked over a restart of the service', async () => {
    const project = freshProject();
    const first = await reacting(project, () => Promise.reject(new Error('cannot digest')));
    await note(project.a, 'poison');
    await eventually(async () => (await parkedBy(project)).includes('SubjectParked'), 10_000, 'it is parked');
    await first.close();
    await note(project.a, 'behind');
    const seen: string[] = [];
    await reacting(project, (event) => {
      seen.push(textOf(event));
      return Promise.resolve();
    });
    await note(project.b, 'elsewhere');
    await eventually(() => seen.length > 0, 5_000, 'the other subject');
    expect(seen).toEqual(['elsewhere']);
    await asker.commands.send('planner', 'resume', { reaction: project.name, subject: project.a }, because());
    expect(seen).toEqual(['elsewhere', 'poison', 'behind']);
  });

  test('lose nothing that arrives while a subject is being resumed', async () => {
    const project = freshProject();
    const { open, opened } = gate();
    const reached = gate();
    let isBroken = true;
    const seen: string[] = [];
    await reacting(project, async (event) => {
      if (isBroken) throw new Error('cannot digest');
      if (textOf(event) === 'poison') {
        reached.open();
        await opened;
      }
      seen.push(textOf(event));
    });
    await note(project.a, 'poison');
    await eventually(async () => (await parkedBy(project)).includes('SubjectParked'), 10_000, 'it is parked');
    isBroken = false;
    const request = { reaction: project.name, subject: project.a };
    const resumed = asker.commands.send('planner', 'resume', request, because());
    await reached.opened;
    for (const text of ['1', '2', '3']) await note(project.a, text);
    open();
    await Promise.all([resumed, ...['4', '5', '6'].map((text) => note(project.a, text))]);
    await eventually(() => seen.length >= 7, 5_000, 'everything is seen');
    expect([...seen].sort()).toEqual(['1', '2', '3', '4', '5', '6', 'poison']);
    expect(seen.slice(0, 4)).toEqual(['poison', '1', '2', '3']);
  });

  test('that end between append and acknowledgement decide nothing twice', async () => {
    const project = freshProject();
    const target = subjects.configuration(project.name);
    const { open, opened } = gate();
    const react = async (hub: Hub, event: StoredEvent): Promise<void> => {
      const cause = because({ reaction: { subject: event.subject, position: event.position } });
      await hub.aggregates.decide(notes, target, { texts: [`for ${textOf(event)}`] }, cause);
    };
    const first: Hub = await reacting(project, async (event) => {
      await react(first, event);
      await opened;
      throw new Error('ended before the acknowledgement');
    });
    await note(project.a, 'a');
    await eventually(async () => (await writer.log.read(target)).length === 1, 5_000, 'it is decided');
    const closed = first.close();
    open();
    await closed;
    let again = 0;
    const second: Hub = await reacting(project, async (event) => {
      await react(second, event);
      again += 1;
    });
    await eventually(() => again === 1, 10_000, 'it is delivered again');
    expect((await writer.aggregates.load(notes, target)).state).toEqual(['for a']);
  });

  test('that wait for a cluster are cut off when their service ends, and are not taken for failed', async () => {
    const project = freshProject();
    const [agent, asked] = [await world.agent(), gate()];
    onTestFinished(() => agent.close());
    const stop = await agent.clusterAnswers.serve(cluster, 'diff', () => {
      asked.open();
      return new Promise(() => undefined);
    });
    onTestFinished(stop);
    const outcomes: unknown[] = [];
    const first: Hub = await reacting(project, async () => {
      await first.clusterCalls.call(cluster, 'diff', {}).catch((error: unknown) => {
        outcomes.push(error);
        throw error;
      });
    });
    await note(project.a, 'a');
    await asked.opened;
    const began = performance.now();
    await first.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(outcomes).toMatchObject([{ code: 'stopping', retryable: true }]);
    await expect(first.clusterCalls.call(cluster, 'diff', {})).rejects.toMatchObject({ code: 'stopping' });
    const seen: string[] = [];
    await reacting(project, (event) => {
      seen.push(textOf(event));
      return Promise.resolve();
    });
    await eventually(() => seen.length === 1, 5_000, 'it comes again');
    expect(await parkedBy(project)).toEqual([]);
  });

  test('keep the order of a subject whose earlier events were in hand when the service ended', async () => {
    const project = freshProject();
    const { open, opened } = gate();
    let took = 0;
    const first = await reacting(project, async () => {
      took += 1;
      await opened;
      throw new Error('ended');
    });
    for (const text of ['1', '2', '3']) await note(project.a, text);
    await eventually(() => took === 1, 5_000, 'the first is in hand');
    const closed = first.close();
    open();
    await closed;
    await note(project.a, '4');
    const seen: string[] = [];
    await reacting(project, (event) => {
      seen.push(textOf(event));
      return Promise.resolve();
    });
    await eventually(
      () => seen.length === 4,
      5_000,
      'all are seen, without waiting for the acknowledgement time',
    );
    expect(seen).toEqual(['1', '2', '3', '4']);
  });
});
