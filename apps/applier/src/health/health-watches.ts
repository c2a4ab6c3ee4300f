import { targetAggregate, type Applied, type TargetState } from '@syncline/domain';
import { subjects, type TargetName } from '@syncline/events';
import type { TargetHealth } from '@syncline/kubernetes';

import { DriftRecord } from '../drift/drift-record.js';
import { countsOf } from '../applies/attempt.js';
import type { CurrentPlan } from '../applies/current-plan.js';
import { readInventory } from '../applies/plan-inputs.js';
import { LatestRecorder, recordUntilDone } from '../recording.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';
import { waitedMs } from './patience.js';
import { TargetWatch } from './target-watch.js';

/** For how long health lets applies pass that are under way elsewhere. */
const mostHeldBackMs = 1_000;

/** One target under watch. `key` is what is watched: another plan or inventory is another watch. */
type Watched = {
  readonly key: string;
  readonly ended: AbortController;
  objects: number;
  health: string | undefined;
  watch: TargetWatch | undefined;
  drift: DriftRecord | undefined;
  stop: () => void;
  /** That its health and its drift were seen, and what was seen is recorded; or that this will not be. Of those that were there at the start. */
  look: FirstLook | undefined;
};

/** What a target's newest request says of watching it. */
type Asked = Pick<CurrentPlan, 'healthTimeoutSeconds' | 'namespace' | 'ignore'>;
type Start = Pick<Asked, 'namespace' | 'ignore'> & {
  readonly applied: Applied;
  readonly timeoutSeconds: number;
};

const parts = ['health', 'drift'] as const;

/** Resolves once both were seen and recorded, or there is nothing to wait for. */
class FirstLook {
  readonly #done = Promise.withResolvers<undefined>();
  readonly #missing = new Set<(typeof parts)[number]>(parts);

  get done(): Promise<undefined> {
    return this.#done.promise;
  }

  async saw(part: (typeof parts)[number], recorded: () => Promise<void>): Promise<void> {
    if (!this.#missing.has(part)) return;
    await recorded();
    this.#missing.delete(part);
    if (this.#missing.size === 0) this.giveUp();
  }

  giveUp(): void {
    this.#done.resolve(undefined);
  }
}

/** The health and the drift of all targets of one cluster that hold something, recorded as it changes. */
export class HealthWatches {
  readonly #watched = new Map<string, Watched>();
  /** Whether everything that was there at the start was looked at. */
  #hasLooked = false;

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly isConnected: () => boolean,
  ) {}

  /** Watches what the target holds now under the plan that was last carried out; ends where it holds nothing of ours. */
  follow(
    target: TargetName,
    state: TargetState,
    { healthTimeoutSeconds: timeoutSeconds, namespace, ignore }: Asked,
  ): void {
    const name = `${target.project}/${target.application}`;
    const { applied, inventory } = state.held;
    const before = this.#watched.get(name);
    if (state.status === 'orphaned' || !applied || !inventory) {
      this.#end(name);
      return;
    }
    const rules = ignore.length === 0 ? '' : ` ${JSON.stringify(ignore)}`;
    const key = `${applied.plan} ${inventory.digest}${rules}`;
    if (before?.key === key) {
      before.watch?.repeat();
      before.drift?.repeat();
      return;
    }
    this.#end(name);
    const watched: Watched = {
      key,
      ended: new AbortController(),
      objects: 0,
      health: undefined,
      watch: undefined,
      drift: undefined,
      stop: () => undefined,
      look: this.#hasLooked ? undefined : new FirstLook(),
    };
    this.#watched.set(name, watched);
    void this.#start(watched, target, state, { applied, timeoutSeconds, namespace, ignore }).catch(
      (error: unknown) => {
        watched.look?.giveUp();
        this.around.logger.error({ err: error, ...target }, 'the health of a target cannot be watched');
      },
    );
  }

  /** Resolves when every target that is watched by now was seen, and what was seen is recorded. */
  async looked(): Promise<void> {
    await Promise.all([...this.#watched.values()].flatMap(({ look }) => (look ? [look.done] : [])));
    this.#hasLooked = true;
    for (const watched of this.#watched.values()) watched.look = undefined;
  }

  /** Ends every watch. */
  end(): void {
    for (const name of [...this.#watched.keys()]) this.#end(name);
  }

  async #start(
    watched: Watched,
    target: TargetName,
    { held }: TargetState,
    { applied, timeoutSeconds, namespace, ignore }: Start,
  ): Promise<void> {
    const { documents } = this.around;
    const objects = await recordUntilDone(
      () => readInventory(documents, held.inventory),
      watched.ended.signal,
    );
    if (!objects || watched.ended.signal.aborted) return;
    const recorder = this.#recorder(target, applied);
    const wasCurrent = held.health?.plan === applied.plan && held.health.word === 'Current';
    const watch = new TargetWatch({
      ...{ waitedMs: waitedMs(applied.at, wasCurrent, Date.now()), timeoutSeconds },
      isConnected: this.isConnected,
      tell: (health) => {
        recorder.take(health);
        void watched.look?.saw('health', () => recorder.settled());
        this.#changed(watched, health.health);
      },
    });
    const drift: DriftRecord = new DriftRecord(this.around, target, applied, {
      ...{ namespace, ignore },
      open: held.drift?.document,
      onSeen: () => {
        void watched.look?.saw('drift', () => drift.settled());
        this.#count();
      },
    });
    Object.assign(watched, { watch, drift, objects: objects.length });
    const names = objects.map(({ object }) => object);
    this.around.audit?.manage(names);
    const unwatch = this.around.client.watchHealth(
      `${target.project}/${target.application}`,
      objects,
      (seen) => watch.see(seen),
      drift.watch(),
    );
    watched.stop = () => {
      unwatch();
      this.around.audit?.letGo(names);
      watch.end();
      drift.end();
      void recorder.end();
    };
    this.#count();
  }

  #recorder(target: TargetName, { plan, correlationId }: Applied): LatestRecorder<TargetHealth> {
    const { log, logger, inHand } = this.around;
    const subject = subjects.target(target.cluster, target.project, target.application);
    return new LatestRecorder<TargetHealth>(
      ({ health, objects, objectCount }, occurredAt) =>
        log.aggregates.decide(
          targetAggregate,
          subject,
          { type: 'observe-health', plan, health, objects: objects.slice(0, 5), objectCount },
          { actor, correlationId, occurredAt },
        ),
      (error) => logger.error({ err: error, ...target }, 'the health of a target cannot be recorded'),
      () => inHand.passed(mostHeldBackMs),
    );
  }

  #end(name: string): void {
    const watched = this.#watched.get(name);
    if (!watched) return;
    this.#watched.delete(name);
    watched.ended.abort();
    watched.stop();
    watched.look?.giveUp();
    this.#count();
  }

  #changed(watched: Watched, health: string): void {
    if (watched.health === health) return;
    watched.health = health;
    this.around.meter.healthChanged(this.around.cluster, health);
    this.#count();
  }

  #count(): void {
    const all = [...this.#watched.values()];
    const objects = all.reduce((sum, one) => sum + one.objects, 0);
    const healths = countsOf(all.flatMap((one) => one.health ?? []));
    this.around.meter.healths(this.around.cluster, healths);
    this.around.meter.openDrifts(this.around.cluster, all.filter(({ drift }) => drift?.isDrifted).length);
    this.around.meter.watched(this.around.cluster, all.length, objects);
  }
}
