import { defineTable } from './table.js';

type Instants = { readonly occurredAt: string; readonly recordedAt: string };
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;

/** A service as it last started. Appliers stand under the subject of each of their clusters. */
export type ServiceRow = Instants & {
  readonly subject: string;
  readonly service: string;
  readonly version: string;
  readonly configuration: string;
  readonly recipient: string | null;
};
export const serviceTable = defineTable<ServiceRow>('service', {
  subject: 'text!',
  service: 'text',
  version: 'text',
  configuration: 'text',
  recipient: 'text?',
  ...instants,
});

/** A subject that a reaction cannot go on with until it is resumed. */
export type ParkedRow = Instants & {
  readonly service: string;
  readonly reaction: string;
  readonly subject: string;
  readonly position: string;
  readonly attempts: number;
  readonly reason: string;
};
export const parkedTable = defineTable<ParkedRow>('parked', {
  service: 'text!',
  reaction: 'text!',
  subject: 'text!',
  position: 'text',
  attempts: 'integer',
  reason: 'text',
  ...instants,
});
