import { always, defineTable } from './table.js';

/** One event of the log, for paging and for people's SQL; `cloudEvent` is the event as the API gives it out. */
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
  readonly cloudEvent: Readonly<Record<string, unknown>>;
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
    cloudEvent: 'document',
    occurredAt: 'instant',
    recordedAt: 'instant',
  },
  { isFinal: always },
);
