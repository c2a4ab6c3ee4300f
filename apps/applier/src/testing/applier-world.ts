import { readFile } from 'node:fs/promises';

import { NestFactory } from '@nestjs/core';
import type { INestMicroservice } from '@nestjs/common';
import type { Agent, Hub } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';
import { createLogger, Metrics, Readiness } from '@syncline/observability';
import { generateKeyPair, type KeyPair } from '@syncline/sealing';
import { eventually, startLocalCluster, startLog, testKeys, type TestLog } from '@syncline/testkit';
import type { RunningCluster } from '@syncline/toolchain';

import { ApplierModule } from '../applier.module.js';
import { Audits, type AuditSources } from '../audit/audits.js';
import { PlayedPlanner } from './played-planner.js';

/** How long a test waits for a step of a real cluster, in milliseconds. */
export const patienceMs = 30_000;

/** A cluster that a world can be made before. */
export type WorldCluster = Pick<
  RunningCluster,
  'kubeconfigFile' | 'stop' | 'stopApiServer' | 'startApiServer'
>;

/** An applier at work: a real log, a cluster, and a planner that the test plays. */
export class ApplierWorld<Local extends WorldCluster = RunningCluster> {
  #app: INestMicroservice | undefined;
  #agent: Agent | undefined;
  metrics = new Metrics('applier');
  /** Where audit logs come from, for an applier that is started after it was set. */
  audit: AuditSources | undefined;
  /** How many objects of each application the applier told of as done, live. */
  readonly progress = new Map<string, number>();

  private constructor(
    readonly log: TestLog,
    readonly local: Local,
    readonly planner: PlayedPlanner,
    private readonly hubs: { readonly planner: Hub; readonly api: Hub },
    private readonly keys: KeyPair,
  ) {}

  /** Before a real cluster. */
  static start(cluster: string): Promise<ApplierWorld> {
    return ApplierWorld.before(cluster, startLocalCluster);
  }

  static async before<Local extends WorldCluster>(
    cluster: string,
    startCluster: (name: string) => Promise<Local>,
  ): Promise<ApplierWorld<Local>> {
    const [log, local, keys] = await Promise.all([startLog(), startCluster(cluster), generateKeyPair()]);
    const hubs = { planner: await log.hub('planner'), api: await log.hub('api') };
    const planner = new PlayedPlanner(hubs.planner, hubs.api, cluster, keys.recipient);
    return new ApplierWorld(log, local, planner, hubs, keys);
  }

  /** A planner of another cluster of the same applier. */
  beside(cluster: string, recipient = this.keys.recipient): PlayedPlanner {
    return new PlayedPlanner(this.hubs.planner, this.hubs.api, cluster, recipient);
  }

  /** A planner of a cluster whose credential is sealed to somebody else. */
  async foreign(cluster: string): Promise<PlayedPlanner> {
    return this.beside(cluster, (await generateKeyPair()).recipient);
  }

  kubeconfig(): Promise<string> {
    return readFile(this.local.kubeconfigFile, 'utf8');
  }

  /** Starts the applier. `through` replaces its side of the log, to let it break at a chosen point. */
  async startApplier(through: (agent: Agent) => Agent = (agent) => agent): Promise<void> {
    const agent = await this.log.agent();
    this.#agent = agent;
    this.metrics = new Metrics('applier');
    const { identity } = this.keys;
    const config = {
      ...{ applier: 'hub', identity, hmacKey: testKeys.hmacKey, digest: 'c'.repeat(64) },
      ...(this.audit && { audit: this.audit }),
    };
    const logger = createLogger('applier', 'silent');
    const live = { publish: (subject: string, payload: unknown) => this.#follow(subject, payload) };
    const seen = through({ ...agent, live });
    const module = await ApplierModule.of(config, seen, this.metrics, logger);
    this.#app = await NestFactory.createMicroservice(module, { strategy: seen.strategy, logger: false });
    await this.#app.listen();
  }

  /** What takes the audit logs of the applier that runs. */
  get audits(): Audits {
    if (!this.#app) throw new Error('no applier runs');
    return this.#app.get(Audits);
  }

  /** What the applier lacks for being ready, in sentences. */
  async missing(): Promise<readonly string[]> {
    return (await this.#app?.get<Readiness>(Readiness)()) ?? ['it does not run'];
  }

  async stopApplier(): Promise<void> {
    await this.#app?.close();
    await this.#agent?.close();
    this.#app = undefined;
  }

  /** Cuts the applier off from the log, as a kill would: nothing more is recorded of what it does. */
  async dropApplier(): Promise<void> {
    await this.#agent?.close();
    this.#app = undefined;
  }

  /** As api does where it finds the log damaged. */
  stopEverybody(reason: string): void {
    this.hubs.api.stopWriting(reason);
  }

  /** Where the log ends. */
  lastSequence(): Promise<number> {
    return this.hubs.planner.log.lastSequence();
  }

  /** The events of these subjects, in order. */
  async events(filter: string): Promise<readonly StoredEvent[]> {
    const entries = await Array.fromAsync(this.hubs.planner.log.scan({ subjects: [filter] }));
    return entries.flatMap(({ events }) => events);
  }

  /** Everything that the log holds of this cluster, as text. */
  async everything(): Promise<string> {
    const messages = await Array.fromAsync(this.hubs.planner.log.scan({ subjects: ['ev.>'] }));
    return messages.map(({ message }) => new TextDecoder().decode(message.bytes)).join('\n');
  }

  async stop(): Promise<void> {
    await this.stopApplier();
    await Promise.all([this.log.stop(), this.local.stop()]);
  }

  /** The events of an application's target, in order. */
  targetEvents(application: string, cluster = this.planner.cluster): Promise<readonly StoredEvent[]> {
    return this.#read(subjects.target(cluster, 'default', application));
  }

  linkEvents(cluster = this.planner.cluster): Promise<readonly StoredEvent[]> {
    return this.#read(subjects.link(cluster));
  }

  /** Waits for an event of a target that fits. */
  untilTarget<Data = Record<string, unknown>>(
    application: string,
    type: string,
    fits: (data: Data) => boolean = () => true,
    timeoutMs = patienceMs,
  ): Promise<StoredEvent<{ type: string; data: Data }>> {
    return eventually(
      async () => {
        const events = await this.targetEvents(application);
        return events.findLast((event) => event.type === type && fits(event.data as Data)) as
          StoredEvent<{ type: string; data: Data }> | undefined;
      },
      timeoutMs,
      `${type} of ${application}`,
    );
  }

  untilLink(type: string, count = 1, cluster = this.planner.cluster): Promise<boolean> {
    return eventually(
      async () => (await this.linkEvents(cluster)).filter((event) => event.type === type).length >= count,
      patienceMs,
      `${count} ${type} of ${cluster}`,
    );
  }

  #follow(subject: string, payload: unknown): void {
    const application = subject.split('.').at(-1) ?? '';
    this.progress.set(application, (payload as { done: number }).done);
  }

  async #read(subject: string): Promise<readonly StoredEvent[]> {
    return (await this.hubs.planner.log.read(subject)).flatMap(({ events }) => events);
  }
}
