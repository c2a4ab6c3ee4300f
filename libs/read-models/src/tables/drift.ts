import { always, defineTable } from './table.js';

type Instants = { readonly occurredAt: string; readonly recordedAt: string };
type TargetKey = { readonly cluster: string; readonly project: string; readonly application: string };

/** Who ended a drift: what the log says, or `released` where the target is ours no more. */
export const driftEnders = ['heal', 'apply', 'cluster', 'ignored', 'released'] as const;

/** A drift of a target, as it was last said. `sequence` and `index` are those of the event that said it first. */
export type OpenDriftRow = TargetKey &
  Instants & {
    readonly sequence: number;
    readonly index: number;
    readonly plan: string;
    readonly revision: string;
    readonly firstSeen: string;
    /** At most five objects, as the event names them. */
    readonly objects: readonly object[];
    readonly objectCount: number;
    /** The blob that holds all of it. */
    readonly document: string;
    /** How often it was said, and how often it came and went in between. */
    readonly said: number;
    readonly flaps: number;
    readonly correlationId: string;
  };
export type PastDriftRow = OpenDriftRow & {
  readonly until: string;
  readonly endedBy: (typeof driftEnders)[number];
  readonly manager: string | null;
};

const drift = {
  plan: 'text',
  revision: 'text',
  firstSeen: 'instant',
  objects: 'json',
  objectCount: 'integer',
  document: 'text',
  said: 'integer',
  flaps: 'integer',
  correlationId: 'text',
  occurredAt: 'instant',
  recordedAt: 'instant',
} as const;
const target = { cluster: 'text!', project: 'text!', application: 'text!' } as const;

/** The drift that a target has now. */
export const openDriftTable = defineTable<OpenDriftRow>('open_drift', {
  ...target,
  sequence: 'sequence',
  index: 'integer',
  ...drift,
});

/** Drifts that ended. */
export const pastDriftTable = defineTable<PastDriftRow>(
  'past_drift',
  {
    ...target,
    sequence: 'sequence!',
    index: 'integer!',
    ...drift,
    until: 'instant',
    endedBy: 'text',
    manager: 'text?',
  },
  { isFinal: always },
);
