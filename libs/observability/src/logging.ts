import { pino, type DestinationStream, type Logger } from 'pino';

import { logContext } from './log-context.js';

/** Whatever bears one of these names is never logged. */
const secret = [
  'authorization',
  'token',
  'password',
  'credential',
  'credentials',
  'identity',
  'kubeconfig',
  'secret',
  'data',
];

/** JSON lines on standard output, or where `destination` says: level, time, service, message, and the correlation id of the work under way. */
export const createLogger = (
  service: string,
  level: string,
  destination: DestinationStream = pino.destination(1),
): Logger =>
  pino(
    {
      level,
      base: { service },
      mixin: () => ({ ...logContext(service) }),
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    destination,
  );

/** The logger as Nest asks for one. */
export const nestLogger = (logger: Logger) => ({
  log: (message: unknown) => logger.debug(String(message)),
  debug: (message: unknown) => logger.debug(String(message)),
  verbose: (message: unknown) => logger.trace(String(message)),
  warn: (message: unknown) => logger.warn(String(message)),
  error: (message: unknown, ...details: unknown[]) =>
    logger.error({ details: details.map(String) }, String(message)),
  fatal: (message: unknown) => logger.fatal(String(message)),
});

export type { Logger };
