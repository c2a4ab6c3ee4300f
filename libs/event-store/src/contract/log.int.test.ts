import { randomBytes } from 'node:crypto';

import { subjects } from '@syncline/events';
import { CommandRefused, clusterOwner, sha256Hex, type LogEntry } from '@syncline/kernel';
import { addCommand, eventually, listen } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { Hub } from '../hub.js';
import { because, notes } from './notes.js';
import { cluster, fewerWorlds, type World } from './worlds.js';

const owner = clusterOwner('prod%2Eeu');

describe.each(fewerWorlds)('the log $kind', ({ start }) => {
  let world: World;
  let planner: Hub;
  beforeAll(async () => {
    world = await start();
    planner = await world.hub('planner');
  });
  afterAll(() => world.stop());

  const note = (subject: string, ...texts: string[]) =>
    planner.aggregates.decide(notes, subject, { texts }, because());
  const [a, b] = [subjects.application('reading', 'a'), subjects.application('reading', 'b')];
  const sequencesOf = (entries: readonly LogEntry[]) => entries.map((entry) => entry.message.sequence);

  describe('reading', () => {
    let first: number;
    beforeAll(async () => {
      first = (await note(a, '1')).position.sequence;
      await note(b, '2');
      await note(a, '3', '4');
    });

    test('gives the messages of one subject, after a sequence where one is named', async () => {
      expect(sequencesOf(await planner.log.read(a))).toEqual([first, first + 2]);
      expect(sequencesOf(await planner.log.read(a, first))).toEqual([first + 2]);
      expect(await planner.log.read(subjects.application('reading', 'nobody'))).toEqual([]);
    });

    test('gives both times, the recorded one in nanoseconds too', async () => {
      const [entry] = await planner.log.read(a);
      const { recordedAt, recordedAtNs } = entry!.message;
      expect(BigInt(Date.parse(recordedAt))).toBe(recordedAtNs / 1_000_000n);
      expect(Math.abs(Date.now() - Date.parse(recordedAt))).toBeLessThan(60_000);
      expect(entry!.events[0]).toMatchObject({ recordedAt, position: { sequence: first, index: 0 } });
    });

    test('says where the last event stands, which may not be the first of its message', async () => {
      expect(await planner.log.lastPosition()).toEqual({ sequence: first + 2, index: 1 });
    });

    test('lists the subjects that a filter matches', async () => {
      expect(await planner.log.subjects('ev.app.reading.*')).toEqual([a, b]);
      expect(await planner.log.subjects('ev.app.nothing.>')).toEqual([]);
    });

    test('scans what is there and ends', async () => {
      const scan = (afterSequence: number) =>
        Array.fromAsync(planner.log.scan({ subjects: ['ev.app.reading.>'], afterSequence }));
      expect(sequencesOf(await scan(0))).toEqual([first, first + 1, first + 2]);
      expect(sequencesOf(await scan(first))).toEqual([first + 1, first + 2]);
      expect(await scan(first + 2)).toEqual([]);
      expect(await planner.log.lastSequence()).toBe(first + 2);
    });

    test('follows what is there and what comes, until it is told to stop', async () => {
      const stop = new AbortController();
      const seen: LogEntry[] = [];
      const following = (async () => {
        for await (const entry of planner.log.follow({ subjects: ['ev.app.reading.>'] }, stop.signal))
          seen.push(entry);
      })();
      await eventually(() => seen.length === 3, 5_000, 'what is there');
      await note(b, '5');
      await eventually(() => seen.length === 4, 5_000, 'what comes');
      stop.abort();
      await following;
      expect(seen.map((entry) => entry.message.subject)).toEqual([a, b, a, b]);
    });

    test('hands on what this code does not know, with the reason', async () => {
      const subject = subjects.application('unknown', 'a');
      const bytes = new TextEncoder().encode('[{"type":"MoonLanded"}]');
      await world.messages.append({ subject, expected: 0, bytes, id: 'moon' });
      const [entry] = await planner.log.read(subject);
      expect(entry).toMatchObject({ events: [], unreadable: { reason: /no CloudEvent/ } });
    });
  });

  describe('blobs', () => {
    test('that ten writers put at once are one blob', async () => {
      const bytes = randomBytes(600 * 1024);
      const refs = await Promise.all(
        Array.from({ length: 10 }, () => planner.blobs.put('hub', bytes, 'a/b')),
      );
      expect(new Set(refs.map((ref) => ref.digest))).toEqual(new Set([sha256Hex(bytes)]));
      expect(Buffer.from(await planner.blobs.get('hub', refs[0]!.digest)).equals(bytes)).toBe(true);
    });

    test.each([0, 1, 512 * 1024, 512 * 1024 + 1, 5 * 1024 * 1024])(
      'of %d bytes are given back as they were',
      async (size) => {
        const bytes = randomBytes(size);
        const ref = await planner.blobs.put(owner, bytes, 'application/octet-stream');
        expect(ref).toEqual({ digest: sha256Hex(bytes), size, mediaType: 'application/octet-stream' });
        const agent = await world.agent();
        onTestFinished(() => agent.close());
        expect(Buffer.from(await agent.blobs.get(owner, ref.digest)).equals(bytes)).toBe(true);
      },
    );

    test('that are not there are missing, by name', async () => {
      const digest = sha256Hex('nothing');
      await expect(planner.blobs.get('hub', digest)).rejects.toMatchObject({
        code: 'blob-missing',
        object: digest,
      });
    });

    test('of one owner are not another’s', async () => {
      const { digest } = await planner.blobs.put('hub', randomBytes(10), 'a/b');
      await expect(planner.blobs.get(owner, digest)).rejects.toMatchObject({ code: 'blob-missing' });
    });
  });

  describe('commands and calls', () => {
    test('give back what was decided, or the refusal with its code', async () => {
      const api = await world.hub('api');
      const answering = await world.hub('planner');
      onTestFinished(() => answering.close());
      addCommand(answering.strategy, 'approve', ({ payload, context }) => {
        if (payload === 'late') throw new CommandRefused('plan-superseded', 'The plan is superseded.');
        if (payload === 'bug') throw new TypeError('x is not a function');
        return Promise.resolve({ position: { sequence: 7, index: 0 }, result: { payload, context } });
      });
      await listen(answering.strategy);
      const context = { actor: 'person:1', idempotencyKey: 'k' };
      const send = (payload: unknown) => api.commands.send('planner', 'approve', payload, context);
      expect(await send({ plan: 'p' })).toEqual({
        position: { sequence: 7, index: 0 },
        result: { payload: { plan: 'p' }, context },
      });
      await expect(send('late')).rejects.toMatchObject({
        name: 'CommandRefused',
        code: 'plan-superseded',
        message: 'The plan is superseded.',
      });
      await expect(send('bug')).rejects.toMatchObject({ code: 'service-unavailable' });
    });

    test('to nobody say who does not answer', async () => {
      const api = await world.hub('api');
      const context = { actor: 'person:1' };
      await expect(api.commands.send('git-watcher', 'refresh', {}, context)).rejects.toMatchObject({
        code: 'service-unavailable',
        retryable: true,
        object: 'git-watcher',
      });
      await expect(planner.clusterCalls.call('nowhere', 'diff', {})).rejects.toMatchObject({
        code: 'cluster-unreachable',
        retryable: true,
      });
    });

    test('reach the applier of a cluster, and no longer once it stops serving', async () => {
      const agent = await world.agent();
      onTestFinished(() => agent.close());
      const stop = await agent.clusterAnswers.serve(cluster, 'diff', (payload) => {
        if (payload === 'no') throw new CommandRefused('diff-refused', 'No.');
        return Promise.resolve({ echo: payload });
      });
      const call = (payload: unknown) => planner.clusterCalls.call(cluster, 'diff', payload);
      expect(await eventually(() => call({ a: 1 }), 5_000, 'an answer')).toEqual({ echo: { a: 1 } });
      await expect(call('no')).rejects.toMatchObject({ name: 'CommandRefused', code: 'diff-refused' });
      await stop();
      await eventually(
        () =>
          call({}).then(
            () => false,
            (error: unknown) => (error as { code?: string }).code === 'cluster-unreachable',
          ),
        5_000,
        'the call to fail',
      );
    });
  });

  describe('people', () => {
    test('are found by an id that holds neither name nor address, until they are erased', async () => {
      const id = await planner.people.identify({ name: 'Ada', email: 'Ada@example.org' });
      expect(await planner.people.identify({ name: 'A. L.', email: 'ada@example.org ' })).toBe(id);
      expect(id).not.toContain('ada');
      expect(await (await world.hub('api')).people.find(id)).toEqual({
        name: 'Ada',
        email: 'Ada@example.org',
      });
      await planner.people.erase(id);
      expect(await planner.people.find(id)).toBeUndefined();
      expect(await planner.people.find('nobody')).toBeUndefined();
    });
  });
});
