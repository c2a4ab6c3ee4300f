import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Cluster } from '../cluster.js';
import { failure, type Answer } from './answer.js';
import { readText, write } from './api.js';

type Order = (cluster: Cluster, body: string, resource: string | undefined) => Answer;

const showFaults: Order = ({ faults }) => ({ code: 200, body: { faults: faults.ordered } });

const orders: Readonly<Record<string, Order>> = {
  'GET faults': showFaults,
  'PUT faults': (cluster, body, resource) => {
    const done = cluster.faults.order(body);
    return done.ok
      ? showFaults(cluster, body, resource)
      : failure({ code: 400, reason: 'BadRequest', message: done.why });
  },
  'POST expire': ({ store, watches }, _body, resource) => {
    store.compact();
    const ended = watches.end('expired', resource);
    return { code: 200, body: { resourceVersion: String(store.version), watches: ended } };
  },
  'POST cut-watches': ({ watches }, _body, resource) => ({
    code: 200,
    body: { watches: watches.end('cut', resource) },
  }),
};

/**
 * Orders faults from a cluster, under a path that no Kubernetes has: `PUT sandbox/faults` with a list of them, `GET` to see
 * them and how many requests they met, `POST sandbox/cut-watches`, and `POST sandbox/expire` to forget all past changes, so
 * that whoever watches has to list again. `?resource=configmaps` ends only watches of that.
 */
export const administer = async (
  cluster: Cluster,
  request: IncomingMessage,
  response: ServerResponse,
  { searchParams }: URL,
  what: string,
): Promise<void> => {
  const body = await readText(request);
  const call = `${request.method ?? ''} ${what}`;
  const order = Object.hasOwn(orders, call) ? orders[call] : undefined;
  const unknown = { code: 404, text: `the sandbox is told: ${Object.keys(orders).join(', ')}\n` };
  write(response, order?.(cluster, body, searchParams.get('resource') ?? undefined) ?? unknown);
};
