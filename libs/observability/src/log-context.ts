import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What a log line belongs to. */
export type LogContext = {
  /** The change, request, poll or apply that the work is part of. */
  readonly correlationId: string;
  /** The subject of the log whose event is handled. */
  readonly subject?: string;
  /** The position of the event that is handled. */
  readonly position?: string;
};

const storage = new AsyncLocalStorage<LogContext>();
const run = randomUUID().slice(0, 8);

/** Runs work whose log lines, and those of everything that it awaits, belong to a context. */
export const withLogContext = <Result>(context: LogContext, work: () => Result): Result =>
  storage.run(context, work);

/** The context of the work under way; outside of any, this run of the process: `<service>:<run>`. */
export const logContext = (service: string): LogContext =>
  storage.getStore() ?? { correlationId: `${service}:${run}` };
