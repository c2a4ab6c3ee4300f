import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import type { Cluster } from '../cluster.js';
import { requestInfo } from '../faults/request-info.js';
import { failure, type Answer } from './answer.js';
import { answerRequest, cutAfter, write } from './api.js';
import { administer } from './administer.js';
import type { Certificate } from './certificate.js';

/** A cluster and the token that opens it. */
export type Served = { readonly cluster: Cluster; readonly token: string };

const unauthorized: Answer = failure({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
const unknownPath: Answer = { code: 404, text: '404 page not found\n' };
const malformed: Answer = failure({ code: 400, reason: 'BadRequest', message: 'the path cannot be read' });

/** A watch is cut in the middle of what it tells. */
const halfALine = Buffer.from('{"type":"MODI');

const isAuthorized = ({ headers }: IncomingMessage, token: string): boolean => {
  const sent = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return sent.length === wanted.length && timingSafeEqual(sent, wanted);
};

const segmentsOf = (url: URL): readonly string[] | undefined => {
  try {
    return url.pathname
      .split('/')
      .filter((one) => one !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
};

/** Ends where nobody waits for the answer any more. */
const goneSignal = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
};

/** Answers a request, or lets happen to it what was ordered. */
const carry = async (
  cluster: Cluster,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  path: readonly string[],
): Promise<void> => {
  if (path[0] === 'sandbox') return administer(cluster, request, response, url, path.slice(1).join('/'));
  const about = requestInfo(request.method ?? '', path, url.searchParams);
  const mishap = await cluster.faults.meet(about, goneSignal(response));
  if (mishap === 'cut') request.socket.destroy();
  else if (mishap !== undefined && mishap !== 'cut-answer') write(response, mishap);
  else {
    const isCut = mishap === 'cut-answer';
    const answer = await answerRequest(cluster, request, response, url, path);
    if (answer) write(response, answer, isCut);
    else if (isCut) cutAfter(response, halfALine);
  }
};

/** Serves clusters under `/clusters/NAME` of one port of 127.0.0.1. */
export const serve = async (
  clusters: ReadonlyMap<string, Served>,
  { cert, key }: Certificate,
  port: number,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1');
    const segments = segmentsOf(url);
    if (!segments) {
      write(response, malformed);
      return;
    }
    const [root, name = '', ...path] = segments;
    const served = root === 'clusters' ? clusters.get(name) : undefined;
    if (!served) {
      write(response, unknownPath);
      return;
    }
    if (!isAuthorized(request, served.token)) {
      write(response, unauthorized);
      return;
    }
    void carry(served.cluster, request, response, url, path).catch(() => response.destroy());
  };
  const server = createServer({ cert, key, keepAliveTimeout: 65_000 }, answer);
  // closeAllConnections leaves out those that have not come to a request yet.
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, stop };
};
