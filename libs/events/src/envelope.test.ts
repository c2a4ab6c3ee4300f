import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { UnreadableEvent, cloudEvent, decodeMessage, encodeEvent } from './index.js';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const fields = {
  id: 'e-1',
  source: '/syncline/git-watcher',
  subject: 'ev.repo.fleet',
  time: '2026-05-04T14:31:07Z',
  actor: 'service:git-watcher',
  correlationId: 'c-1',
};
const recovered = { type: 'FetchRecovered', data: { repository: 'fleet', since: '2026-05-04T14:00:00Z' } };

describe('a message of the log', () => {
  test('gives back each event with its position and both times', () => {
    const message = [encodeEvent(recovered, fields), encodeEvent(recovered, { ...fields, id: 'e-2' })];
    const events = decodeMessage(bytes(message), 7, '2026-05-04T14:31:08Z');
    expect(events.map((event) => event.position)).toEqual([
      { sequence: 7, index: 0 },
      { sequence: 7, index: 1 },
    ]);
    expect(events[0]).toMatchObject({ occurredAt: fields.time, recordedAt: '2026-05-04T14:31:08Z' });
  });

  test.each([
    ['an unknown type', { ...encodeEvent(recovered, fields), type: 'FetchImproved' }, /unknown type/],
    [
      'a newer version',
      { ...encodeEvent(recovered, fields), dataschema: 'syncline:FetchRecovered:9' },
      /version 9/,
    ],
    ['data that its schema refuses', { ...encodeEvent(recovered, fields), data: {} }, /repository/],
    ['no CloudEvent', { hello: 'world' }, /no CloudEvent/],
  ])('is unreadable, by name, where it holds %s', (_, event, reason) => {
    expect(() => decodeMessage(bytes([event]), 7, 'now')).toThrow(UnreadableEvent);
    expect(() => decodeMessage(bytes([event]), 7, 'now')).toThrow(reason);
  });

  test('is unreadable where it is empty, or no JSON', () => {
    expect(() => decodeMessage(bytes([]), 7, 'now')).toThrow(UnreadableEvent);
    expect(() => decodeMessage(new Uint8Array([1, 2]), 7, 'now')).toThrow(UnreadableEvent);
  });

  test('cannot be written with data that its schema refuses', () => {
    expect(() => encodeEvent({ type: 'FetchRecovered', data: {} }, fields)).toThrow();
    expect(() => encodeEvent({ type: 'Nothing', data: {} }, fields)).toThrow(/not declared/);
  });
});

describe('an envelope', () => {
  const value = fc.oneof(fc.constant(undefined), fc.string(), fc.integer(), fc.constant(null));
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(cloudEvent.shape), 'extra'), value, {
    maxKeys: 2,
  });

  test('is taken by hand exactly where its schema takes it', () => {
    fc.assert(
      fc.property(changes, (changed) => {
        const message = bytes([{ ...encodeEvent(recovered, fields), ...changed }]);
        const [raw] = JSON.parse(new TextDecoder().decode(message)) as unknown[];
        let reason = '';
        try {
          decodeMessage(message, 7, 'now');
        } catch (error) {
          reason = String(error);
        }
        expect(reason.includes('is no CloudEvent')).toBe(!cloudEvent.safeParse(raw).success);
      }),
      { numRuns: 500 },
    );
  });
});
