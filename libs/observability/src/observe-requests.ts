import { randomUUID } from 'node:crypto';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { withLogContext } from './log-context.js';
import type { Metrics } from './metrics.js';

type Request = { readonly method: string; readonly routeOptions: { readonly url?: string } };
type Reply = { readonly statusCode: number; readonly elapsedTime: number };

const buckets = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** Counts requests by the route as it is declared, never by address, and gives the log lines of each a context of its own. */
export const observeRequests = (app: NestFastifyApplication, metrics: Metrics): void => {
  const seconds = metrics.histogram(
    'syncline_http_request_seconds',
    'How long requests took, by declared route and status; unknown addresses are one route.',
    buckets,
    ['method', 'route', 'status'],
  );
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (_request: unknown, _reply: unknown, done: () => void) =>
    withLogContext({ correlationId: `request:${randomUUID()}` }, done),
  );
  fastify.addHook('onResponse', (request: unknown, reply: unknown, done: () => void) => {
    const { method, routeOptions } = request as Request;
    const { statusCode, elapsedTime } = reply as Reply;
    const labels = { method, route: routeOptions.url ?? 'unknown', status: String(statusCode) };
    seconds.observe(labels, elapsedTime / 1000);
    done();
  });
};
