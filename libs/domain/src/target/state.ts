import type { ForeignWrite, Health, TargetEvent } from '@syncline/events';
import type { BlobRef, StoredEvent } from '@syncline/kernel';

/** The data of one type of target event. */
export type TargetData<Type extends TargetEvent['type']> = Extract<TargetEvent, { type: Type }>['data'];

/** A target event as the log gives it: when it happened, and to which change it belongs. */
export type LoggedTargetEvent = TargetEvent & Partial<Pick<StoredEvent, 'occurredAt' | 'correlationId'>>;

/** One try at carrying out a plan. */
export type Attempt = { readonly attempt: string; readonly plan: string; readonly revision: string };

/** The last plan that was carried out to its end. */
export type Applied = {
  readonly plan: string;
  readonly revision: string;
  readonly render: string;
  readonly manifests: BlobRef;
  /** RFC 3339: when it was carried out; health is waited for from then on. Empty where the event does not say. */
  readonly at: string;
  /** The change that it belongs to, so that its health tells the same story. */
  readonly correlationId: string;
};

/** A drift that has not gone. `document` is what is drifted: another one is said again. */
export type OpenDrift = {
  readonly plan: string;
  readonly revision: string;
  /** RFC 3339. */
  readonly firstSeen: string;
  readonly document: string;
};

/** A drift of late, open or ended: who made it may become known when it is over. `attributed` are ids of audited requests. */
export type KnownDrift = {
  readonly plan: string;
  readonly revision: string;
  readonly firstSeen: string;
  readonly attributed: readonly string[];
};

/** What stands whatever is under way: what the target holds, and what is known of it. */
export type Holdings = {
  /** The highest sequence of the plan subject at which an apply began; none may begin at a lower one. */
  readonly fence: number;
  readonly applied?: Applied;
  /** The inventory document of what the target holds, also after an apply that broke off. */
  readonly inventory?: BlobRef;
  /** Plans that began since and ended without an inventory: what they have made is in none, and is to be looked for. */
  readonly unsettled?: readonly string[];
  readonly health?: { readonly plan: string; readonly word: Health };
  /** The drift that is open, as it was last said. */
  readonly drift?: OpenDrift;
  /** The last few drifts. */
  readonly lately?: readonly KnownDrift[];
};

/** How the last attempt ended, where nothing further is to be done about its plan. */
export type TargetOutcome = 'succeeded' | 'failed' | 'stale' | 'aborted';

/** A target, by what is under way. */
export type TargetState =
  | { readonly status: 'idle'; readonly held: Holdings }
  | {
      readonly status: 'applying';
      readonly open: Attempt & { readonly applied: boolean; readonly pruned: boolean };
      /** How many attempts of this plan broke before this one. */
      readonly errors: number;
      readonly held: Holdings;
    }
  | { readonly status: 'errored'; readonly last: Attempt; readonly errors: number; readonly held: Holdings }
  | {
      readonly status: 'ended';
      readonly last: Attempt;
      readonly outcome: TargetOutcome;
      readonly held: Holdings;
    }
  | { readonly status: 'orphaned'; readonly held: Holdings };

type Of<Type extends TargetEvent['type']> = Omit<TargetData<Type>, 'plan' | 'revision'>;

/** What an attempt has done to objects. */
export type RecordResults =
  | { readonly type: 'record-applied'; readonly data: Of<'ObjectsApplied'> }
  | { readonly type: 'record-pruned'; readonly data: Of<'ObjectsPruned'> };

/** How an attempt ended, with what it did last where that is not recorded yet: one decision. */
type Ending = { readonly results?: RecordResults };

/** Every command about an attempt names it; one that is not open any more is refused. */
export type TargetCommand =
  | { readonly type: 'begin'; readonly data: TargetData<'ApplyStarted'> }
  | RecordResults
  | (Ending & {
      readonly type: 'succeed';
      readonly data: Of<'ApplySucceeded'>;
      /** RFC 3339: when it ended, and whether the plan was one that heals; ends a drift that is open. */
      readonly at: string;
      readonly heals: boolean;
      /** Under which name fields were written. */
      readonly manager?: string;
    })
  | (Ending & { readonly type: 'fail'; readonly data: Of<'ApplyFailed'> })
  | (Ending & { readonly type: 'break-off'; readonly data: Of<'ApplyErrored'> })
  | (Ending & { readonly type: 'abort'; readonly data: Of<'ApplyAborted'> })
  | (Ending & { readonly type: 'find-stale'; readonly data: Of<'PlanFoundStale'> })
  | {
      readonly type: 'observe-health';
      readonly plan: string;
      readonly health: Health;
      readonly objects: TargetData<'HealthTransitioned'>['objects'];
      readonly objectCount: number;
    }
  | {
      readonly type: 'observe-drift';
      readonly plan: string;
      /** RFC 3339. */
      readonly at: string;
      readonly drift: Pick<
        TargetData<'DriftDetected'>,
        'objects' | 'objectCount' | 'document' | 'flaps' | 'meanwhile'
      >;
    }
  | {
      readonly type: 'observe-no-drift';
      readonly plan: string;
      /** RFC 3339. */
      readonly at: string;
      /** Who put it back, where that is known. */
      readonly manager?: string;
      /** Nobody did: the application's manifest says to ignore it. */
      readonly isIgnored?: boolean;
      readonly meanwhile?: TargetData<'DriftHealed'>['meanwhile'];
    }
  | {
      readonly type: 'attribute-drift';
      readonly firstSeen: string;
      readonly writes: readonly ForeignWrite[];
    }
  | { readonly type: 'orphan'; readonly reason: string; readonly objects: number };
