import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { expect, onTestFinished, test } from 'vitest';

import { ApiClient } from '../client/api-client.js';
import { tellEvents } from './event-feed.js';

const event = (position: string): string => {
  const data = {
    ...{
      id: position,
      type: 'ClusterRegistered',
      subject: 'ev.fleet.prod',
      time: '2026-01-02T03:04:05.000Z',
    },
    ...{ actor: 'person:ada', correlationid: 'one', data: { cluster: 'prod', labels: {}, applier: 'hub' } },
    ...{ position, recordedtime: '2026-01-02T03:04:05.000Z' },
  };
  return `id: ${position}\ndata: ${JSON.stringify(data)}\n\n`;
};

/** A server that answers one request after the other as it is told. */
const serve = async (...answers: ((asked: IncomingMessage, answer: ServerResponse) => void)[]) => {
  const server = createServer((asked, answer) =>
    (answers.shift() ?? (() => answer.destroy()))(asked, answer),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new ApiClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'token' });
};

test('what happens is told on, after the last event that came, when another program answered at the port meanwhile', async () => {
  const ending = new AbortController();
  const asked: unknown[] = [];
  const stream =
    (position: string) =>
    ({ headers }: IncomingMessage, answer: ServerResponse): void => {
      asked.push(headers['last-event-id']);
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).end(event(position));
    };
  const refuse = (_: IncomingMessage, answer: ServerResponse): void => void answer.writeHead(401).end('{}');
  const api = await serve(stream('5.0'), refuse, refuse, stream('6.0'));
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    if (lines.length === 3) ending.abort();
  };
  await tellEvents(api, '4.0', say, ending.signal, 10);
  expect(asked).toEqual(['4.0', '5.0']);
  expect(lines[0]).toContain('prod');
  expect(lines[1]).toMatch(/^what happens cannot be told: The API does not accept this token/);
  expect(lines[2]).toContain('prod');
});
