import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginning } from '@syncline/kernel';
import { eventually, story } from '@syncline/testkit';

import type { Reply } from '../requests/http.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { EventStreams, streamLimits, type StreamLimits } from './event-streams.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.append(...story.wholeStory);
});
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

type Received = { readonly id: string; readonly event: string; readonly data: Record<string, unknown> };

const parse = (block: string): Received | undefined => {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const [id, data] = [fields.get('id'), fields.get('data')];
  if (id === undefined || data === undefined) return undefined;
  return { id, event: fields.get('event') ?? 'message', data: JSON.parse(data) as Record<string, unknown> };
};

/** Opens a stream; what it gives reads until so many events have come, and ends it. */
const open = async (path: string, headers: Record<string, string> = {}) => {
  const response = await api.request('GET', path, { headers });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  return (count: number) => readEvents(response, count);
};

const take = async (path: string, count: number, headers?: Record<string, string>): Promise<Received[]> =>
  (await open(path, headers))(count);

const readEvents = async (response: Response, count: number): Promise<Received[]> => {
  const found: Received[] = [];
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    found.push(...blocks.flatMap((block) => parse(block) ?? []));
    if (found.length >= count) break;
  }
  return found.slice(0, count);
};

const typesOf = (items: readonly { type: string }[]): string[] => items.map(({ type }) => type);

describe('the event stream', () => {
  it('gives every event after a position, in the order of the log', async () => {
    const all = await take('/v1/events/stream?after=0.0', 30);
    const { items } = await api.get<{ items: { position: string }[] }>('/v1/events?limit=30');
    expect(all.map(({ id }) => id)).toEqual(items.map(({ position }) => position));
    expect(all.map(({ data }) => data.id)).toEqual(
      items.map((item) => (item as unknown as { id: string }).id),
    );
  });

  it('resumes in the middle of a decision after the last event that came', async () => {
    const all = await take('/v1/events/stream?after=0.0', 30);
    const at = all.findIndex(({ id }) => id.endsWith('.1'));
    const resumed = await take('/v1/events/stream', 5, { 'last-event-id': all[at]!.id });
    expect(resumed).toEqual(all.slice(at + 1, at + 6));
  });

  it('gives only the types and subjects that are asked for', async () => {
    const some = await take(
      '/v1/events/stream?after=0.0&types=PlanApproved,PlanDrafted&subject=ev.plan.%3E',
      4,
    );
    expect(some.map(({ data }) => data.type)).toEqual([
      'PlanDrafted',
      'PlanApproved',
      'PlanDrafted',
      'PlanApproved',
    ]);
  });

  it('begins at the end of the log, and says what cannot be read', async () => {
    const read = await open('/v1/events/stream');
    await api.appendBytes('ev.app.default.noise', new TextEncoder().encode('[]'));
    await api.append(story.joined('edge'));
    const [noise, joined] = await read(2);
    expect(noise).toMatchObject({ event: 'unreadable', data: { subject: 'ev.app.default.noise' } });
    expect(joined?.data).toMatchObject({ type: 'ClusterRegistered', subject: 'ev.fleet.edge' });
  });

  it('ends when its client goes away', async () => {
    await eventually(() => api.parts.streams.count === 0, 5_000, 'no stream is open');
  });
});

describe('the streams', () => {
  const serve = async (limits: StreamLimits, use: (port: number, streams: EventStreams) => Promise<void>) => {
    const streams = new EventStreams(api.hub.log, limits);
    const server = createServer((_request, raw) => {
      const reply = { raw, hijack: () => reply } as unknown as Reply;
      void streams.serve(reply, { after: beginning });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use((server.address() as AddressInfo).port, streams);
    } finally {
      streams.close();
      server.closeAllConnections();
      server.close();
    }
  };

  it('drop a client that does not read', async () => {
    const big = 'x'.repeat(400_000);
    for (let at = 0; at < 30; at += 1) {
      await api.append({
        subject: 'ev.fleet.big',
        events: [{ type: 'ClusterRemoved', data: { cluster: 'big', reason: big } }],
      });
    }
    await serve({ ...streamLimits, drainMs: 300 }, async (port, streams) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await eventually(() => streams.count === 1, 5_000, 'the stream is open');
      await eventually(() => streams.count === 0, 20_000, 'the slow client is dropped');
      socket.destroy();
    });
  });

  it('say now and then that they are still there', async () => {
    await serve({ ...streamLimits, heartbeatMs: 20 }, async (port) => {
      const { body } = await fetch(`http://127.0.0.1:${port}/`);
      let text = '';
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
        text = (text + chunk).slice(-1_000);
        if (text.includes(': still here\n\n')) break;
      }
      expect(text).toContain(': still here\n\n');
    });
  });

  it('are bounded in number', async () => {
    const streams = new EventStreams(api.hub.log, { ...streamLimits, streams: 0 });
    await expect(streams.serve({} as Reply, {})).rejects.toMatchObject({
      code: 'too-many-streams',
      status: 503,
    });
  });
});

describe('the pages of events', () => {
  it('go through the whole log by cursor, each event once', async () => {
    const { events } = await api.get<{ events: number }>('/v1/log');
    await api.get('/v1/fleet');
    const positions: string[] = [];
    for (let after: string | undefined = '0.0'; after !== undefined;) {
      const page: { items: { position: string }[]; next?: string } = await api.get(
        `/v1/events?after=${after}&limit=500`,
      );
      positions.push(...page.items.map(({ position }) => position));
      after = page.next;
    }
    expect(positions.length).toBeGreaterThanOrEqual(events);
    expect(new Set(positions).size).toBe(positions.length);
  });

  it('narrow by type, subject with wildcards, and correlation', async () => {
    const byType = await api.get<{ items: { type: string }[] }>('/v1/events?type=PlanApproved');
    expect(typesOf(byType.items)).toEqual(['PlanApproved', 'PlanApproved']);
    const bySubject = await api.get<{ items: { type: string }[] }>(
      '/v1/events?subject=ev.cluster.*.target.%3E&type=ApplyStarted,ApplySucceeded',
    );
    expect(typesOf(bySubject.items)).toEqual([
      'ApplyStarted',
      'ApplySucceeded',
      'ApplyStarted',
      'ApplySucceeded',
    ]);
    const exact = await api.get<{ items: { type: string }[] }>('/v1/events?subject=ev.repo.fleet');
    expect(typesOf(exact.items)).toEqual(['RepositoryRegistered', 'RevisionDetected', 'RevisionDetected']);
    const change = await api.get<{ items: { correlationid: string }[] }>('/v1/events?correlation=c-2');
    expect(new Set(change.items.map(({ correlationid }) => correlationid))).toEqual(new Set(['c-2']));
  });

  it('refuse positions, subjects and limits that are none', async () => {
    for (const query of [
      'after=x',
      'after=1',
      'limit=0',
      'limit=1e9',
      "subject=ev.plan';--",
      'subject=ev..x',
      'type=A;B',
      'after=1.0&after=2.0',
    ]) {
      const response = await api.request('GET', `/v1/events?${query}`);
      expect([query, response.status]).toEqual([query, 422]);
      expect(await response.json()).toMatchObject({ code: 'invalid-request', status: 422 });
    }
  });
});
