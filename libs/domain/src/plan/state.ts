import type { PlanEvent, PlanReason, RecordedManifests, TargetSpec } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';

import type { EndReplay, Replay, Undelete } from './replays.js';

/** The data of one type of plan event. */
export type PlanData<Type extends PlanEvent['type']> = Extract<PlanEvent, { type: Type }>['data'];

/**
 * A plan event as the log gives it. A request is told from another by its position: the same revision may be asked for
 * twice, and an answer to the first must not count for the second.
 */
export type LoggedPlanEvent = PlanEvent &
  Partial<Pick<StoredEvent, 'position' | 'correlationId' | 'occurredAt'>>;

/** What a target is asked to become. */
export type Request = {
  readonly rollout: string;
  readonly revision: string;
  readonly spec: TargetSpec;
  /** Position of the PlanRequested, `<sequence>.<index>`. */
  readonly position: string;
  /** The change that it belongs to, so that a later request for it tells the same story. */
  readonly correlationId: string;
  /** How many plans in a row the live state has made void since something else asked. */
  readonly stale: number;
  /** Whether it undoes drift: it is planned from the manifests that were applied last, and they were approved before. */
  readonly heals: boolean;
  /** When the target was last healed at this revision, RFC 3339. */
  readonly healedAt: readonly string[];
  /** Manifests of the record that it is planned from; `revision` is theirs then, and `recorded.instead` the one that Git wants. */
  readonly recorded?: RecordedManifests;
};

/** A target's newest plan, by how far it has come. */
export type PlanState =
  | { readonly status: 'idle' }
  | { readonly status: 'released' }
  | { readonly status: 'requested'; readonly request: Request }
  | {
      readonly status: 'held';
      readonly request: Request;
      readonly reason: string;
      /** What it waits for; in states of earlier versions always the cluster. */
      readonly by?: PlanData<'PlanHeld'>['by'];
    }
  | { readonly status: 'failed'; readonly request: Request; readonly reason: string }
  | { readonly status: 'unchanged'; readonly request: Request }
  | {
      readonly status: 'drafted';
      readonly request: Request;
      readonly plan: string;
      readonly needs: readonly string[];
      readonly refused: readonly string[];
    }
  | { readonly status: 'approved'; readonly request: Request; readonly plan: string }
  | {
      readonly status: 'rejected';
      readonly request: Request;
      readonly plan: string;
      readonly reason: string;
    };

/** How the apply of an approved plan ended, as far as the target's own events say. */
export type Ending = { readonly plan: string; readonly outcome: 'succeeded' | 'failed' };

/** Why an application is paused, and since when (RFC 3339). */
export type Pause = { readonly reason: string; readonly since: string };

type Wanted = { readonly rollout: string; readonly revision: string; readonly spec: TargetSpec };
/** The position of the request that an outcome answers. */
type Answer = { readonly request: string };

export type PlanCommand =
  | ({
      readonly type: 'request';
      readonly reason: PlanReason;
      readonly ending?: Ending;
      /** The application is paused: the target is asked and held at once. */
      readonly paused?: Pause;
    } & Wanted)
  | ({
      readonly type: 'hold';
      readonly by: Exclude<PlanData<'PlanHeld'>['by'], 'pause'>;
      readonly reason: string;
      readonly since: string;
    } & Answer)
  | ({
      readonly type: 'fail';
      readonly reason: string;
      readonly file?: string;
      readonly line?: number;
    } & Answer)
  | ({ readonly type: 'find-unchanged'; readonly render: string } & Answer)
  | ({
      readonly type: 'draft';
      readonly draft: Omit<PlanData<'PlanDrafted'>, 'rollout' | 'revision'>;
    } & Answer)
  /** `since`: for the hold that follows where the live state will not keep still. */
  | { readonly type: 'find-stale'; readonly plan: string; readonly reason: string; readonly since: string }
  | {
      readonly type: 'heal';
      /** The plan whose apply is drifted from, how the newest apply ended, and what drifted in a few words. */
      readonly plan: string;
      readonly ending: Ending | undefined;
      readonly what: string;
      /** RFC 3339. */
      readonly at: string;
    }
  | { readonly type: 'return' }
  | ({ readonly type: 'pause'; readonly ending?: Ending } & Pause)
  | { readonly type: 'resume' }
  /** What the cluster serves changed what the target renders to. */
  | { readonly type: 'replan'; readonly ending?: Ending }
  | { readonly type: 'retry'; readonly ending?: Ending; readonly note?: string }
  | { readonly type: 'approve'; readonly plan: string; readonly by: string; readonly reason?: string }
  | { readonly type: 'reject'; readonly plan: string; readonly by: string; readonly reason: string }
  | Replay
  | Undelete
  | EndReplay
  | { readonly type: 'release'; readonly reason: 'placement' | 'retired'; readonly revision: string };

/** The state behind a status. */
export type PlanIn<Status extends PlanState['status']> = Extract<PlanState, { status: Status }>;

/** The request behind a state; none where the target was never asked for, or is released. */
export const requestOf = (state: PlanState): Request | undefined =>
  state.status === 'idle' || state.status === 'released' ? undefined : state.request;
