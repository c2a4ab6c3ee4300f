import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fleetAggregate } from '@syncline/domain';
import {
  encodeToken,
  subjects,
  type ArtifactEvent,
  type ArtifactReference,
  type LinkEvent,
  type RepositoryEvent,
} from '@syncline/events';
import { MemoryWorld, memoryAgent, memoryHub, type Agent, type Hub } from '@syncline/event-store';
import {
  canonicalJson,
  clusterOwner,
  sha256Hex,
  type Aggregates,
  type BlobStore,
  type StoredEvent,
} from '@syncline/kernel';
import { createLogger, Metrics } from '@syncline/observability';
import { encryptPack, generateKeyPair } from '@syncline/sealing';
import { eventually } from '@syncline/testkit';
import { resolveBinaries } from '@syncline/toolchain';
import { NestFactory } from '@nestjs/core';
import { Logger, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { MicroserviceOptions } from '@nestjs/microservices';

import { PlannerModule } from '../planner.module.js';
import { packArchive } from './archives.js';
import { ApplierPeer, recorder } from './applier-peer.js';
import { GitSource, type Commit } from './git-source.js';

const silent = createLogger('planner', 'silent');
const packKey = new Uint8Array(32).fill(3);
const patience = { retryableAttempts: 200, attempts: 50, firstDelayMs: 5, longestDelayMs: 20 };
const repositories = recorder<RepositoryEvent>('repository');
const artifacts = recorder<ArtifactEvent>('artifacts');
const links = recorder<LinkEvent>('link');

/** What a planner of a test runs over: in memory, or a real nats-server. */
export type PlannerGround = {
  readonly planner: () => Promise<Hub>;
  readonly watcher: Hub;
  readonly api: Hub;
  readonly agent: Agent;
};

/** Everything in memory. A planner that is started again finds what the one before acknowledged. */
export const memoryGround = (world = new MemoryWorld()): PlannerGround => ({
  planner: () => Promise.resolve(memoryHub(world, 'planner', patience)),
  watcher: memoryHub(world, 'git-watcher'),
  api: memoryHub(world, 'api'),
  agent: memoryAgent(world, 'hub'),
});

/** A planner at work: a real Git repository before it, real renderers in it, appliers behind it that a test plays. */
export class PlannerWorld {
  readonly applier: ApplierPeer;
  #kustomize: string;
  readonly #helm: string;
  #app: INestApplication | undefined;
  #last: Commit | undefined;

  private constructor(
    readonly ground: PlannerGround,
    readonly git: GitSource,
    readonly dir: string,
    private readonly recipient: string,
    clusters: readonly string[],
    tools: Readonly<Record<'kustomize' | 'helm', string>>,
  ) {
    this.applier = new ApplierPeer(ground.agent, clusters, ground.watcher.log);
    this.#kustomize = tools.kustomize;
    this.#helm = tools.helm;
  }

  static async make(ground: PlannerGround, clusters: readonly string[]): Promise<PlannerWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'syncline-planner-'));
    const git = await GitSource.make(join(dir, 'fleet'));
    const { recipient } = await generateKeyPair();
    const tools = await resolveBinaries(['kustomize', 'helm']);
    const world = new PlannerWorld(ground, git, dir, recipient, clusters, tools);
    await world.applier.start();
    void world.applier.follow();
    return world;
  }

  get stateDir(): string {
    return join(this.dir, 'state');
  }

  /** What renders from the next start on, in place of kustomize itself. */
  rendersWith(kustomize: string): void {
    this.#kustomize = kustomize;
  }

  /** Starts the planner. `broken` replaces the log's side of it, to let it fail at a chosen point. */
  async start(
    broken: (hub: Hub) => { aggregates: Aggregates; blobs: BlobStore } = (hub) => hub,
  ): Promise<void> {
    const hub = await this.ground.planner();
    const { aggregates, blobs } = broken(hub);
    const config = { stateDir: this.stateDir, packKey, kustomize: this.#kustomize, helm: this.#helm };
    const module = PlannerModule.of(config, { ...hub, aggregates, blobs }, new Metrics('planner'), silent);
    Logger.overrideLogger(false);
    this.#app = await NestFactory.create(module, new FastifyAdapter());
    this.#app.connectMicroservice<MicroserviceOptions>({ strategy: hub.strategy });
    await this.#app.init();
    await this.#app.startAllMicroservices();
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    this.#app = undefined;
  }

  async close(): Promise<void> {
    this.applier.stop();
    await this.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  async joins(cluster: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const data = { cluster, labels: { ...labels }, applier: 'hub', recipient: this.recipient };
    await this.#fleet(cluster, { type: 'register', data });
  }

  /** Another applier, with another key, takes a cluster over. */
  async registersApplier(cluster: string, recipient: string): Promise<void> {
    const data = { cluster, labels: { tier: 'production', region: 'eu' }, applier: 'hub', recipient };
    await this.#fleet(cluster, { type: 'register', data });
  }

  relabels(cluster: string, labels: Readonly<Record<string, string>>): Promise<void> {
    return this.#fleet(cluster, { type: 'relabel', data: { cluster, labels: { ...labels } } });
  }

  leaves(cluster: string): Promise<void> {
    return this.#fleet(cluster, { type: 'remove', data: { cluster } });
  }

  async connects(cluster: string): Promise<void> {
    const cause = { actor: 'service:applier', correlationId: `link-${cluster}` };
    const event: LinkEvent = { type: 'ClusterConnected', data: { cluster, kubernetesVersion: 'v1.36.3' } };
    await this.ground.agent.aggregates.decide(links, subjects.link(cluster), [event], cause);
  }

  /** The applier says what the cluster serves: `apps/v1/Deployment` and the like. */
  async serves(cluster: string, kubernetesVersion: string, kinds: readonly string[]): Promise<void> {
    const resources = kinds.map((written) => {
      const [kind = '', version = '', group = ''] = written.split('/').reverse();
      return { group, version, kind, plural: kind.toLowerCase(), namespaced: true };
    });
    const bytes = new TextEncoder().encode(canonicalJson({ version: 1, kubernetesVersion, resources }));
    const owner = clusterOwner(encodeToken(cluster));
    const stored = await this.ground.agent.blobs.put(owner, bytes, 'application/json');
    const data = { cluster, kubernetesVersion, resources: stored, capabilities: stored.digest };
    const cause = { actor: 'service:applier', correlationId: `link-${cluster}` };
    const event: LinkEvent = { type: 'CapabilitiesObserved', data };
    await this.ground.agent.aggregates.decide(links, subjects.link(cluster), [event], cause);
  }

  /** git-watcher says what a reference leads to, and stores its archive. */
  async resolves(artifact: ArtifactReference, version: string, files: Readonly<Record<string, string>>) {
    const archive = await packArchive(files);
    const encrypted = encryptPack(archive, packKey);
    const blob = await this.ground.watcher.blobs.put('hub', encrypted, 'application/vnd.syncline.artifact');
    const data = { repository: 'fleet', artifact, resolved: { version, digest: sha256Hex(archive), blob } };
    const cause = { actor: 'service:git-watcher', correlationId: `artifact-${version}` };
    const event: ArtifactEvent = { type: 'ArtifactResolved', data };
    await this.ground.watcher.aggregates.decide(artifacts, subjects.artifacts('fleet'), [event], cause);
  }

  async registers(paths: readonly string[], repository = 'fleet'): Promise<void> {
    const ref = { kind: 'branch', name: 'main' } as const;
    const data = { repository, url: this.git.dir, ref, paths: [...paths], include: ['**'], pollSeconds: 5 };
    await this.#watched(repository, { type: 'RepositoryRegistered', data }, `register-${repository}`);
  }

  /** Commits and tells the log of it as git-watcher does; gives the revision. */
  async push(message: string, files: Readonly<Record<string, string | null>>): Promise<string> {
    return this.detect(await this.git.commit(message, files));
  }

  async detect(commit: Commit, repository = 'fleet'): Promise<string> {
    const base = repository === 'fleet' ? this.#last?.revision : undefined;
    const bytes = encryptPack(await this.git.pack(commit.revision, base), packKey);
    const pack = await this.ground.watcher.blobs.put('hub', bytes, 'application/x-git-packed-objects');
    const signature = { person: 'p1', at: '2026-11-24T06:00:00.000Z' };
    const { revision, tree, parents } = commit;
    const data = {
      repository,
      ref: { kind: 'branch', name: 'main' } as const,
      revision,
      tree,
      parents: [...parents],
      author: signature,
      committer: signature,
      message: 'a change',
      forced: false,
      reverts: [],
      pack,
      ...(base !== undefined && { base }),
    };
    await this.#watched(repository, { type: 'RevisionDetected', data }, `change-${revision.slice(0, 7)}`);
    if (repository === 'fleet') this.#last = commit;
    return revision;
  }

  /** Waits until a subject holds just these types of events. */
  async settles(subject: string, ...expected: readonly string[]): Promise<void> {
    const holds = async (): Promise<boolean> => {
      const types = await this.types(subject);
      if (types.join() !== expected.join()) throw new Error(`it holds ${types.join(', ')}`);
      return true;
    };
    await eventually(holds, 30_000, `${subject}: ${expected.join(', ')}`);
  }

  /** Waits until the newest event of a subject is of this type, and gives it. */
  async reaches(subject: string, type: string, count = 1): Promise<StoredEvent> {
    const reached = async (): Promise<StoredEvent> => {
      const events = await this.events(subject);
      const last = events.at(-1);
      const seen = events.filter((event) => event.type === type).length;
      if (last?.type !== type || seen < count)
        throw new Error(`it holds ${events.map((event) => event.type).join(', ')}`);
      return last;
    };
    return eventually(reached, 30_000, `${subject} at ${type} (${count})`);
  }

  /** Asks the planner for a decision, as api does. */
  async command(verb: string, payload: unknown): Promise<unknown> {
    const context = { actor: 'person:p1;auth=token' };
    return (await this.ground.api.commands.send('planner', verb, payload, context)).result;
  }

  /** The events of a subject, in order. */
  async events(subject: string): Promise<readonly StoredEvent[]> {
    return (await this.ground.watcher.log.read(subject)).flatMap(({ events }) => events);
  }

  async types(subject: string): Promise<readonly string[]> {
    return (await this.events(subject)).map(({ type }) => type);
  }

  async #watched(repository: string, event: RepositoryEvent, correlationId: string): Promise<void> {
    const cause = { actor: 'service:git-watcher', correlationId };
    await this.ground.watcher.aggregates.decide(
      repositories,
      subjects.repository(repository),
      [event],
      cause,
    );
  }

  async #fleet(cluster: string, command: Parameters<typeof fleetAggregate.decider.decide>[1]): Promise<void> {
    const cause = { actor: 'service:api', correlationId: `fleet-${cluster}` };
    await this.ground.api.aggregates.decide(fleetAggregate, subjects.fleet(cluster), command, cause);
  }
}
