import { defineTable } from './table.js';

/** How far a projection has come: the last message whose rows are committed. */
export type ProjectionRow = { readonly name: string; readonly version: number; readonly sequence: number };
export const projectionTable = defineTable<ProjectionRow>('projection', {
  name: 'text!',
  version: 'integer',
  sequence: 'sequence',
});

/** A message that this version cannot read: set aside, and projected when a later version rebuilds the views. */
export type UnreadableRow = {
  readonly sequence: number;
  readonly subject: string;
  readonly reason: string;
  readonly recordedAt: string;
};
export const unreadableTable = defineTable<UnreadableRow>('unreadable', {
  sequence: 'sequence!',
  subject: 'text',
  reason: 'text',
  recordedAt: 'instant',
});
