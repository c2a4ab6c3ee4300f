import { targetAggregate, type Attempt, type RecordResults, type TargetCommand } from '@syncline/domain';
import { encodeToken, subjects, type TargetName } from '@syncline/events';
import { AdapterError, beginning, isCommandRefused, type BlobRef, type Cause } from '@syncline/kernel';
import type { ApplySteps, InventoryEntry, ObjectResult } from '@syncline/kubernetes';

import { countDrift } from '../drift/count-drift.js';
import { recordUntilDone } from '../recording.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';
import { currentPlan, type ApprovedPlan } from './current-plan.js';
import type { Stop } from './ending.js';
import { reasonToStop } from './next-step.js';

/** The signals by which a running apply is ended. */
export type Signals = {
  /** Stop at the next safe point. */
  readonly stopping: AbortSignal;
  /** Give up what is in flight. */
  readonly cut: AbortSignal;
};

const lookPauseMs = 50;
/** Progress is told that often at most, and not at all of what is done sooner. */
const progressEveryMs = 100;

/** How many there are of each word. */
export const countsOf = (words: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

/** One open attempt: looks at each safe point whether it is still to go on, and records what it did. */
export class OpenAttempt {
  /** Why it was told to stop, where it was. */
  stop: Stop | undefined;
  #unrecorded: RecordResults | undefined;
  readonly #cause: Cause;
  #looking: Promise<Stop | undefined> | undefined;
  #lookAgainAt = 0;
  #tellAgainAt = performance.now() + progressEveryMs;

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly target: TargetName,
    readonly names: Attempt,
    private readonly details: { readonly approved: ApprovedPlan; readonly signals: Signals },
  ) {
    const { approvedAt, correlationId } = details.approved;
    this.#cause = { actor, correlationId, because: approvedAt };
  }

  /** What was done last, to be recorded with how the attempt ended. */
  get results(): { readonly results?: RecordResults } {
    return this.#unrecorded ? { results: this.#unrecorded } : {};
  }

  /** What the cluster's client asks and tells while it applies. What comes right before the end is recorded with it. */
  steps({ prunes }: { readonly prunes: boolean }): ApplySteps {
    const { log } = this.around;
    const { cluster, project, application } = this.target;
    const live = `cluster.${[cluster, 'apply', project, application].map(encodeToken).join('.')}`;
    return {
      checkpoint: () => this.#checkpoint(),
      applied: async (results) => {
        const applied = await this.#storeResults('record-applied', results);
        if (applied && prunes) await this.record(applied);
        else this.#unrecorded = applied;
      },
      pruned: async (results) => {
        this.#unrecorded = await this.#storeResults('record-pruned', results);
      },
      progress: (done, of) => {
        if (performance.now() < this.#tellAgainAt) return;
        this.#tellAgainAt = performance.now() + progressEveryMs;
        log.live.publish(live, { attempt: this.names.attempt, done, of });
      },
    };
  }

  /** Records a command about this attempt, and waits for the log where it is away. False where another attempt took its place. */
  async record(command: TargetCommand): Promise<boolean> {
    const subject = this.#subject();
    try {
      const recorded = await recordUntilDone(
        (occurredAt) =>
          this.around.log.aggregates.decide(targetAggregate, subject, command, {
            ...this.#cause,
            occurredAt,
          }),
        this.details.signals.cut,
      );
      if (recorded) countDrift(this.around, recorded.events);
      return recorded !== undefined;
    } catch (error) {
      if (!isCommandRefused(error)) throw error;
      this.stop = { kind: 'replaced' };
      return false;
    }
  }

  /** Stores what the target holds now. */
  storeInventory(objects: readonly InventoryEntry[]): Promise<BlobRef | undefined> {
    return recordUntilDone(
      () => this.around.documents.write({ version: 1, objects }),
      this.details.signals.cut,
    );
  }

  async #checkpoint(): Promise<{ readonly stop?: string }> {
    const found = await this.#look();
    if (found) this.stop ??= found;
    if (!this.stop) return {};
    return {
      stop: this.stop.kind === 'replaced' ? 'Another attempt took the place of this one.' : this.stop.reason,
    };
  }

  /** Objects that are at a safe point at once, or right after each other, share one look; the first reason stays. */
  #look(): Promise<Stop | undefined> {
    if (!this.#looking || this.details.signals.stopping.aborted || performance.now() > this.#lookAgainAt) {
      this.#lookAgainAt = performance.now() + lookPauseMs;
      this.#looking = this.#reasonToStop();
    }
    return this.#looking;
  }

  async #reasonToStop(): Promise<Stop | undefined> {
    const { aggregates } = this.around.log;
    const { cluster, project, application } = this.target;
    if (this.details.signals.stopping.aborted)
      return { kind: 'interrupted', code: 'applier-stopped', reason: 'The applier is shutting down.' };
    try {
      const current = await aggregates.load(currentPlan, subjects.plan(cluster, project, application));
      const reason = reasonToStop(current.state, this.names.plan);
      if (reason !== undefined) return { kind: 'superseded', reason };
      const { state } = await aggregates.load(targetAggregate, this.#subject(), beginning);
      const isOpen = state.status === 'applying' && state.open.attempt === this.names.attempt;
      return isOpen ? undefined : { kind: 'replaced' };
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return { kind: 'interrupted', code: error.code, reason: error.message };
    }
  }

  async #storeResults(
    type: RecordResults['type'],
    results: ObjectResult[],
  ): Promise<RecordResults | undefined> {
    const { attempt } = this.names;
    const stored = await recordUntilDone(
      () => this.around.documents.write({ version: 1, attempt, results }),
      this.details.signals.cut,
    );
    if (!stored) return undefined;
    const outcomes = countsOf(results.map((result) => result.outcome));
    this.around.meter.objects(this.target.cluster, outcomes);
    return { type, data: { attempt, outcomes, results: stored } };
  }

  #subject(): string {
    const { cluster, project, application } = this.target;
    return subjects.target(cluster, project, application);
  }
}
