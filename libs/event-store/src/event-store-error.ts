import { AdapterError } from '@syncline/kernel';

/** What can be wrong with the log and its neighbours; `docs/nats.md` says what each asks for. */
export const eventStoreCodes = [
  'log-unreachable', 'log-full', 'log-wrong-server', 'log-wrong-configuration', 'log-lost-positions', 'log-unreadable',
  'log-contended', 'log-forbidden', 'blob-missing', 'blob-damaged', 'service-unavailable', 'cluster-unreachable', 'stopping', 'log-failed',
] as const; // prettier-ignore
export type EventStoreCode = (typeof eventStoreCodes)[number];

const retryable: ReadonlySet<EventStoreCode> = new Set<EventStoreCode>([
  'log-unreachable',
  'log-contended',
  'log-full',
  'service-unavailable',
  'cluster-unreachable',
  'stopping',
]);

/** A failure of the log, the blobs or a request, classified at this adapter's edge. */
export class EventStoreError extends AdapterError {
  override readonly name = 'EventStoreError';

  constructor(code: EventStoreCode, message: string, object?: string, cause?: unknown) {
    super({ code, message, retryable: retryable.has(code), ...(object !== undefined && { object }), cause });
  }
}
