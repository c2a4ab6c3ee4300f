import { setTimeout as delay } from 'node:timers/promises';

import { fleetAggregate, serviceAggregate, type FleetCommand, type FleetState } from '@syncline/domain';
import type { Hub } from '@syncline/event-store';
import { decodeToken, subjects, type FleetEvent } from '@syncline/events';
import { fold, type LogEntry } from '@syncline/kernel';
import type { Metrics } from '@syncline/observability';

import type { RequestLog } from '../requests/log.js';
import { Presence } from './presence.js';

const fleet = 'ev.fleet.*';
const retryMs = 500;
const looksPerPatience = 10;

/** In milliseconds, by a clock that nobody sets: an agent is not lost because an hour was skipped. */
const now = (): number => performance.now();
const asInstant = (at: number): string => new Date(Date.now() - (now() - at)).toISOString();

/** What the watch stands on; an agent of which nothing is heard for `lostAfterMs` is lost. */
export type AgentWatchParts = {
  readonly hub: Pick<Hub, 'aggregates' | 'log' | 'signs' | 'missing'>;
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly lostAfterMs: number;
};

type Member = Extract<FleetState, { status: 'member' }>;
/** An agent as the log told of it up to a sequence, and since when it is waited for, by {@link now}. */
type Known = { readonly state: Member; readonly sequence: number; readonly from: number };

/** Hears the agents of clusters, and records that one is lost and that it returned: by our clock and in our words, never its own. */
export class AgentWatch {
  readonly #agents = new Map<string, Known>();
  readonly #states = new Map<string, FleetState>();
  readonly #busy = new Set<string>();
  readonly #presence: Presence;
  readonly #ended = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopHearing: () => void = () => undefined;

  constructor(private readonly parts: AgentWatchParts) {
    this.#presence = new Presence(parts.lostAfterMs, now());
  }

  start(): void {
    const { hub, metrics, lostAfterMs } = this.parts;
    metrics.observed('syncline_agents', 'Agents of clusters, by whether they are heard of.', ['state'], (gauge) =>
      this.#count((state, count) => gauge.set({ state }, count)),
    ); // prettier-ignore
    this.#stopHearing = hub.signs.hear((cluster) => this.#hear(cluster));
    this.#following = this.#follow();
    this.#timer = setInterval(() => this.#look(), lostAfterMs / looksPerPatience).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopHearing();
    this.#ended.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ended;
    for (let afterSequence = 0; !signal.aborted;) {
      try {
        for await (const entry of this.parts.hub.log.follow({ subjects: [fleet], afterSequence }, signal)) {
          afterSequence = entry.message.sequence;
          this.#take(entry);
        }
      } catch (error) {
        this.parts.log.warn({ err: error }, 'the fleet cannot be followed');
      }
      await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #take({ message: { subject, sequence }, events }: LogEntry): void {
    const cluster = decodeToken(subject.slice('ev.fleet.'.length));
    const before = this.#states.get(cluster) ?? fleetAggregate.decider.initial;
    const state = fold(fleetAggregate.decider, events as unknown as FleetEvent[], before);
    this.#states.set(cluster, state);
    this.#know(cluster, state, sequence);
  }

  /** What we decided is known at once; what the log tells of before that is no news. */
  #know(cluster: string, state: FleetState, sequence: number): void {
    const known = this.#agents.get(cluster);
    if (known && known.sequence > sequence) return;
    if (state.status !== 'member' || !state.registration.agent) {
      this.#agents.delete(cluster);
      this.#presence.forget(cluster);
      return;
    }
    const isSame = known?.state.registration.agent?.account === state.registration.agent.account;
    // Signs of an agent whose place another took are none of the other's.
    if (known && !isSame) this.#presence.forget(cluster);
    this.#agents.set(cluster, { state, sequence, from: isSame ? known.from : now() });
  }

  #hear(cluster: string): void {
    this.#presence.hear(cluster, now());
    if (this.#agents.get(cluster)?.state.agentLostSince === undefined) return;
    void this.#decide(cluster, () => ({ type: 'return-agent', cluster }));
  }

  #look(): void {
    const at = now();
    if (this.parts.hub.missing().length > 0) this.#presence.listenAnew(at);
    for (const [cluster, { state, from }] of this.#agents) {
      if (state.agentLostSince !== undefined) continue;
      const since = this.#presence.silentSince(cluster, from, at);
      if (since !== undefined) void this.#decide(cluster, () => this.#loss(cluster, state, since));
    }
  }

  /** Nothing is lost that never came: until it has joined for the first time, an agent is waited for. */
  async #loss(cluster: string, { registration }: Member, since: number): Promise<FleetCommand | undefined> {
    const { aggregates } = this.parts.hub;
    const { state } = await aggregates.load(serviceAggregate, subjects.clusterService(cluster));
    if (state.started?.recipient !== registration.recipient) return undefined;
    const reason = `its agent is lost, of which nothing was heard for ${this.parts.lostAfterMs / 1000} s`;
    return { type: 'lose-agent', data: { cluster, since: asInstant(since), reason } };
  }

  async #decide(
    cluster: string,
    command: () => FleetCommand | undefined | Promise<FleetCommand | undefined>,
  ): Promise<void> {
    if (this.#busy.has(cluster)) return;
    this.#busy.add(cluster);
    const context = { actor: 'service:api', correlationId: `agent-${cluster}` };
    try {
      const made = await command();
      if (!made) return;
      const { aggregates } = this.parts.hub;
      const decided = await aggregates.decide(fleetAggregate, subjects.fleet(cluster), made, context);
      this.#know(cluster, decided.state, decided.position.sequence);
      if (decided.events.length > 0)
        this.parts.log.info({ cluster, correlationId: context.correlationId }, wordsOf(cluster, made.type));
    } catch (error) {
      this.parts.log.warn({ err: error, cluster }, 'what became of an agent cannot be recorded yet');
    } finally {
      this.#busy.delete(cluster);
    }
  }

  #count(set: (state: string, count: number) => void): void {
    const lost = [...this.#agents.values()].filter(({ state }) => state.agentLostSince !== undefined).length;
    set('lost', lost);
    set('heard', [...this.#agents.keys()].filter((one) => this.#presence.isHere(one, now())).length);
    set('admitted', this.#agents.size);
  }
}

const wordsOf = (cluster: string, type: FleetCommand['type']): string =>
  type === 'lose-agent' ? `the agent of ${cluster} is lost` : `the agent of ${cluster} is back`;
