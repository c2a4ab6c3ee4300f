export { keyFile, readEnvironment, serviceConfig, serviceVariables, textFile } from './environment.js';
export type { ServiceConfig } from './environment.js';
export { HealthController, Readiness } from './health.controller.js';
export { createLogger, nestLogger } from './logging.js';
export type { Logger } from './logging.js';
export { Metrics } from './metrics.js';
export { httpAdapter, runMain, startService } from './start-service.js';
export type { EarlyAnswer, ServiceParts } from './start-service.js';
export { storeMeter } from './store-meter.js';
