import { always, defineTable } from './table.js';

/** One event of the log, for paging and for people's SQL: all that the API gives of it, each thing once. */
export type EventRow = {
  readonly sequence: number;
  readonly index: number;
  readonly type: string;
  readonly subject: string;
  readonly cluster: string | null;
  readonly project: string | null;
  readonly application: string | null;
  readonly actor: string;
  readonly correlationId: string;
  readonly id: string;
  readonly source: string;
  /** Of the type, as its data is here. */
  readonly version: number;
  readonly causationId: string | null;
  readonly causationSubject: string | null;
  readonly traceparent: string | null;
  readonly data: unknown;
  readonly occurredAt: string;
  readonly recordedAt: string;
};
export const eventTable = defineTable<EventRow>(
  'event',
  {
    sequence: 'sequence!',
    index: 'integer!',
    type: 'text',
    subject: 'text',
    cluster: 'text?',
    project: 'text?',
    application: 'text?',
    actor: 'text',
    correlationId: 'text',
    id: 'text',
    source: 'text',
    version: 'integer',
    causationId: 'text?',
    causationSubject: 'text?',
    traceparent: 'text?',
    data: 'document',
    occurredAt: 'instant',
    recordedAt: 'instant',
  },
  { isFinal: always },
);
