import type { Logger } from '@syncline/observability';

/** Where the planner says what it waits for. */
export type Log = Pick<Logger, 'info' | 'warn' | 'debug'>;
/** Injection token of {@link Log}. */
export const Log = Symbol('Log');
