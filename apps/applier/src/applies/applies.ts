import { targetAggregate, type TargetState } from '@syncline/domain';
import { subjects, type TargetName } from '@syncline/events';
import { beginning } from '@syncline/kernel';
import { withLogContext } from '@syncline/observability';
import pLimit from 'p-limit';

import { actor, type ClusterSurroundings } from '../surroundings.js';
import type { Signals } from './attempt.js';
import { carryOut } from './carry-out.js';
import { currentPlan, type CurrentPlan } from './current-plan.js';
import { nextStep, type NextStep } from './next-step.js';
import { readInventory } from './plan-inputs.js';

const appliesAtOnce = 8;
const troubledRetryMs = 2_000;

/** What the applies ask of the rest of the cluster's work. */
export type AppliesNeighbours = {
  readonly isConnected: () => boolean;
  /** Told how a target stands after each step. */
  readonly onSettled: (target: TargetName, state: TargetState, current: CurrentPlan) => void;
  readonly onApplied: (applied: { readonly changesWhatIsServed: boolean }) => void;
};

/** One target's work: one step at a time, and again where something happened meanwhile. */
type Lane = {
  readonly target: TargetName;
  again: boolean;
  running: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
};

/** After a step: nothing to wait for, the cluster to come back, or some time. */
type Rest = 'settled' | 'disconnected' | { readonly retryMs: number };

/**
 * The applies of one cluster. What is to be done is always found by comparing the newest plan in the log with the
 * target's own record, so it does not matter by which event, or after which crash, a target is looked at.
 */
export class Applies {
  readonly #lanes = new Map<string, Lane>();
  readonly #limit = pLimit(appliesAtOnce);
  readonly #stopping = new AbortController();
  readonly #cut = new AbortController();

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly neighbours: AppliesNeighbours,
  ) {}

  /** Something may be to be done about the target. Returns at once. */
  wake(target: TargetName): void {
    if (this.#stopping.signal.aborted) return;
    const key = `${target.project}/${target.application}`;
    const lane = this.#lanes.get(key) ?? { target, again: false, running: undefined, timer: undefined };
    this.#lanes.set(key, lane);
    clearTimeout(lane.timer);
    lane.again = true;
    lane.running ??= this.#run(key, lane);
  }

  /** The cluster is back: what waits for it, or has just found it away, goes on. */
  wakeAll(): void {
    for (const lane of this.#lanes.values()) this.wake(lane.target);
  }

  /** Resolves when no step of the target is under way, or after the time. */
  async untilQuiet({ project, application }: TargetName, timeoutMs: number): Promise<void> {
    const running = this.#lanes.get(`${project}/${application}`)?.running;
    if (!running) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([running, timeout]);
    clearTimeout(timer);
  }

  /** Stops every apply at its next safe point; gives up what is in flight after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const cut = setTimeout(() => this.#cut.abort(), graceMs);
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer);
    await Promise.all([...this.#lanes.values()].map((lane) => lane.running ?? Promise.resolve()));
    clearTimeout(cut);
    this.#cut.abort();
  }

  async #run(key: string, lane: Lane): Promise<void> {
    let rest: Rest = 'settled';
    while (lane.again && !this.#stopping.signal.aborted) {
      lane.again = false;
      rest = await this.#limit(() => this.#tryStep(lane.target));
    }
    lane.running = undefined;
    if (rest === 'settled') this.#lanes.delete(key);
    else if (rest !== 'disconnected' && !this.#stopping.signal.aborted)
      lane.timer = setTimeout(() => this.wake(lane.target), rest.retryMs).unref();
  }

  async #tryStep(target: TargetName): Promise<Rest> {
    try {
      return await this.#step(target);
    } catch (error) {
      this.around.logger.warn({ err: error, ...target }, 'a target cannot be worked on; trying again');
      return { retryMs: troubledRetryMs };
    }
  }

  async #step(target: TargetName): Promise<Rest> {
    const { aggregates } = this.around.log;
    const { cluster, project, application } = target;
    const subject = subjects.target(cluster, project, application);
    const planSubject = subjects.plan(cluster, project, application);
    const [remembered, { state }] = await Promise.all([
      aggregates.load(currentPlan, planSubject, beginning),
      aggregates.load(targetAggregate, subject, beginning),
    ]);
    const isDue = nextStep(remembered.state, state).do === 'apply';
    // Whether a plan may be carried out is read at the last moment.
    const plan = isDue ? await aggregates.load(currentPlan, planSubject) : remembered;
    const rest = await this.#take(nextStep(plan.state, state), target, state, plan.sequence);
    const after = await aggregates.load(targetAggregate, subject, beginning);
    this.neighbours.onSettled(target, after.state, plan.state);
    return rest;
  }

  async #take(next: NextStep, target: TargetName, state: TargetState, fence: number): Promise<Rest> {
    switch (next.do) {
      case 'nothing':
        return 'settled';
      case 'close':
        await this.#decide(target, { type: 'abort', data: { attempt: next.attempt, reason: next.reason } });
        return 'settled';
      case 'orphan':
        await this.#orphan(target, state, next.reason);
        return 'settled';
      case 'apply':
        if (!this.neighbours.isConnected()) return 'disconnected';
        return withLogContext({ correlationId: next.approved.correlationId }, () =>
          this.around.inHand.during(() => this.#apply({ target, approved: next.approved, fence, state })),
        );
      default:
        return next satisfies never;
    }
  }

  async #apply(start: Parameters<typeof carryOut>[1]): Promise<Rest> {
    const signals: Signals = { stopping: this.#stopping.signal, cut: this.#cut.signal };
    const { end, retryInSeconds, reason, changesWhatIsServed } = await carryOut(this.around, start, signals);
    const about = { ...start.target, plan: start.approved.parts.plan, end };
    if (end === 'errored')
      this.around.logger.warn({ ...about, retryInSeconds }, `waiting to apply again: ${reason ?? end}`);
    else this.around.logger.info(about, 'an apply ended');
    if (end === 'succeeded') this.neighbours.onApplied({ changesWhatIsServed });
    if (end === 'errored') return { retryMs: retryInSeconds * 1000 };
    // What took its place may have come before this attempt ended; look once more.
    return end === 'aborted' || end === 'replaced' ? { retryMs: 0 } : 'settled';
  }

  async #orphan(target: TargetName, state: TargetState, reason: string): Promise<void> {
    const held = await readInventory(this.around.documents, state.held.inventory);
    await this.#decide(target, { type: 'orphan', reason, objects: held.length });
  }

  async #decide(
    { cluster, project, application }: TargetName,
    command: Parameters<typeof targetAggregate.decider.decide>[1],
  ): Promise<void> {
    const { aggregates } = this.around.log;
    const plan = await aggregates.load(currentPlan, subjects.plan(cluster, project, application));
    const position = { sequence: plan.sequence, index: 0 };
    await aggregates.decide(targetAggregate, subjects.target(cluster, project, application), command, {
      actor,
      correlationId: plan.state.correlationId,
      because: position,
    });
  }
}
