import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Cluster } from '../cluster.js';
import { failure } from './answer.js';
import { readText, write } from './api.js';

/**
 * Orders faults from a cluster, under a path that no Kubernetes has: `PUT sandbox/faults` with a list of them, `GET` to see
 * them, and `POST sandbox/expire` to forget all past changes, so that whoever watches has to list again.
 */
export const administer = async (
  { faults, store }: Cluster,
  request: IncomingMessage,
  response: ServerResponse,
  [what = '']: readonly string[],
): Promise<void> => {
  const body = await readText(request);
  const call = `${request.method ?? ''} ${what}`;
  if (call === 'POST expire') {
    store.compact();
    write(response, { code: 200, body: { resourceVersion: String(store.version) } });
  } else if (call === 'PUT faults' || call === 'GET faults') {
    const done = call === 'PUT faults' ? faults.order(body) : ({ ok: true } as const);
    const refusal = { code: 400, reason: 'BadRequest', message: done.ok ? '' : done.why };
    write(response, done.ok ? { code: 200, body: faults.ordered } : failure(refusal));
  } else write(response, { code: 404, text: 'the sandbox is told: GET or PUT faults, POST expire\n' });
};
