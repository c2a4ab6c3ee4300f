import 'reflect-metadata';

import { flushCompileCache } from 'node:module';

import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { endOnSignal } from './end-on-signal.js';
import { nestLogger, type Logger } from './logging.js';
import { Metrics } from './metrics.js';
import { observeRequests } from './observe-requests.js';

/** An answer to what is wrong before any route is known. */
export type EarlyAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
};

/** A service's parts. `module` holds its handlers and provides Readiness and Metrics for the health routes. */
export type ServiceParts = {
  readonly name: string;
  readonly module: Parameters<typeof NestFactory.create>[0];
  /** `address:port` of the HTTP side. */
  readonly listen: string;
  readonly strategy?: CustomTransportStrategy;
  readonly logger: Logger;
  /** More of the HTTP side than the health routes. */
  readonly configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /** Answers what is wrong before any route is known, such as an address that cannot be decoded. */
  readonly answerEarly?: (error: Error) => EarlyAnswer;
  /** What to close after the handlers are done. */
  readonly close: () => Promise<void>;
};

/** What Fastify's reply can do so early, whatever its schemas are. */
type EarlyReply = {
  status(code: number): EarlyReply;
  headers(values: Readonly<Record<string, string>>): EarlyReply;
  send(text: string): unknown;
};

/** The HTTP server that Nest's routes are put on. */
export const httpAdapter = ({ answerEarly }: Pick<ServiceParts, 'answerEarly'>): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: 8 * 1024 * 1024,
    trustProxy: false,
    ...(answerEarly && {
      frameworkErrors: (error: Error, _request: unknown, reply: unknown) => {
        const { status, headers, body } = answerEarly(error);
        (reply as EarlyReply).status(status).headers(headers).send(JSON.stringify(body));
      },
    }),
  });

/** Starts a service: HTTP first, so that readiness can be asked, then its reactions. Ends within five seconds of a signal. */
export const startService = async (parts: ServiceParts): Promise<NestFastifyApplication> => {
  const { name, logger, listen } = parts;
  const adapter = httpAdapter(parts);
  const app = await NestFactory.create<NestFastifyApplication>(parts.module, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
    forceCloseConnections: true,
  });
  observeRequests(app, app.get(Metrics, { strict: false }));
  await parts.configure?.(app);
  if (parts.strategy) app.connectMicroservice({ strategy: parts.strategy }, { inheritAppConfig: true });
  endOnSignal(app, parts);
  const at = listen.lastIndexOf(':');
  await app.listen(Number(listen.slice(at + 1)), listen.slice(0, at));
  await app.startAllMicroservices();
  logger.info({ listen }, `${name} is ready`);
  // Kept for the next start now: Node itself keeps it at an end in order, which may never come.
  flushCompileCache();
  return app;
};

/** Runs a service's start; what stops it is one line in the log and exit code 1. */
export const runMain = (logger: Logger, start: () => Promise<unknown>): void => {
  start().catch((error: unknown) => {
    logger.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    setTimeout(() => process.exit(1), 50);
  });
};
