export { HealthController, Readiness } from './health.controller.js';
export { createLogger, nestLogger } from './logging.js';
export type { Logger } from './logging.js';
export { Metrics } from './metrics.js';
export { runMain, startService } from './start-service.js';
export type { ServiceParts } from './start-service.js';
