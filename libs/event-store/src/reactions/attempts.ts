import { AdapterError, type LogMessage, type StoredEvent } from '@syncline/kernel';

import { decodeOrHalt } from '../decode-or-halt.js';
import type { ReactionPlan } from './delivery.js';

/** How often and how patiently a failing event is tried before its subject is parked. */
export type Patience = {
  readonly retryableAttempts: number;
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
};
export const usualPatience: Patience = {
  retryableAttempts: 40,
  attempts: 4,
  firstDelayMs: 100,
  longestDelayMs: 5_000,
};

/** What of an event is told when handling it fails. */
export type HandledEvent = Pick<StoredEvent, 'subject' | 'position' | 'correlationId'>;

/** An event that was tried as often as patience allows. */
export type Failure = {
  readonly event: HandledEvent;
  readonly attempts: number;
  readonly reason: string;
};

/** What attempts need of the service around them. */
export type AttemptSurroundings = {
  readonly patience: Patience;
  /** Whether the log itself answers; while it does not, no attempt is counted. */
  readonly isConnected: () => boolean;
  readonly onFailure: (error: unknown, event: HandledEvent, attempt: number) => void;
};

/** A message of which no event is known: it cannot be read, or its subject cannot. */
export const headOf = ({ subject, sequence }: Pick<LogMessage, 'subject' | 'sequence'>): HandledEvent => ({
  subject,
  position: { sequence, index: 0 },
  correlationId: `halt-${sequence}`,
});

/** Calls a reaction's handlers, again and again where they fail. */
export class Attempts {
  constructor(
    private readonly plan: ReactionPlan,
    private readonly around: AttemptSurroundings,
    private readonly stop: AbortSignal,
    private readonly rest: (ms: number) => Promise<void>,
  ) {}

  /** Handles a message's events in order, each as often as patience allows. */
  async of(message: LogMessage): Promise<Failure | undefined> {
    let events: readonly StoredEvent[];
    try {
      events = decodeOrHalt(message);
    } catch (error) {
      return { event: headOf(message), attempts: 1, reason: reasonOf(error) };
    }
    for (const event of events) {
      const failure = await this.#tryEvent(event);
      if (failure) return failure;
    }
    return undefined;
  }

  async #tryEvent(event: StoredEvent): Promise<Failure | undefined> {
    const handlers = this.plan.handlers.get(event.type) ?? [];
    const { patience } = this.around;
    let uncounted = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const handle of handlers) await handle(event);
        return undefined;
      } catch (error) {
        // What fails because the service ends is broken off, and comes again at the next start.
        if (!this.stop.aborted) this.around.onFailure(error, event, attempt);
        if (!this.around.isConnected()) attempt -= 1;
        else if (isForWantOfRoom(error)) uncounted += 1;
        const allowed =
          error instanceof AdapterError && error.retryable ? patience.retryableAttempts : patience.attempts;
        if (attempt - uncounted >= allowed || this.stop.aborted)
          return { event, attempts: Math.max(attempt, 1), reason: reasonOf(error) };
        await this.rest(
          Math.min(patience.longestDelayMs, patience.firstDelayMs * 2 ** Math.max(0, attempt - 1)),
        );
      }
    }
  }
}

/** A full disk of the service is no event's fault, and lasts until somebody makes room. */
const isForWantOfRoom = (error: unknown): boolean =>
  error instanceof AdapterError && error.code === 'no-space';

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);
