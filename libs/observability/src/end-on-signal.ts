import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { HealthController } from './health.controller.js';
import type { ServiceParts } from './start-service.js';

/** A service that is told to end has ended after this time, whatever answers or does not. */
const shutdownMs = 4_500;
/** A terminal's Ctrl-C comes twice, by itself and from whoever started the service: so soon it is one signal. */
const sameSignalMs = 500;

/**
 * Ends the service on SIGTERM or SIGINT: it is not ready any more, takes no reactions, lets what is under way end, and closes.
 * What has not ended within {@link shutdownMs} is broken off: it is not acknowledged, so the next start takes it up. A
 * second signal ends at once.
 */
export const endOnSignal = (app: NestFastifyApplication, parts: ServiceParts): void => {
  const { logger } = parts;
  let endingSince: number | undefined;
  const end = (signal: string): void => {
    if (endingSince !== undefined && performance.now() - endingSince < sameSignalMs) return;
    if (endingSince !== undefined) {
      logger.warn({ signal }, 'a second signal: ending at once');
      process.exit(0);
    }
    endingSince = performance.now();
    logger.info({ signal }, 'shutting down');
    setTimeout(() => {
      logger.warn('what was under way did not end in time and is broken off; the next start takes it up');
      process.exit(0);
    }, shutdownMs);
    void endInOrder(app, parts).then(() => {
      logger.info('ended');
      process.exit(0);
    });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal));
};

const endInOrder = async (
  app: NestFastifyApplication,
  { strategy, logger, close }: ServiceParts,
): Promise<void> => {
  const said = (what: string) => (error: unknown) => logger.warn({ err: error }, `${what} did not close`);
  app.get(HealthController, { strict: false }).end();
  await Promise.resolve(strategy?.close()).catch(said('the reactions'));
  await app.close().catch(said('the HTTP side'));
  await close().catch(said('the log'));
};
