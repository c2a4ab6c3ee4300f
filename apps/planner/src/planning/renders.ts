import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { ArtifactReference, ResolvedArtifact, TargetSpec } from '@syncline/events';
import {
  artifactName,
  ConfinedRenderer,
  folderTree,
  isRenderError,
  RenderError,
  withoutRoom,
  type Lineage,
  type Release,
  type Rendered,
  type TreeReader,
} from '@syncline/render';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import pLimit from 'p-limit';

import { Config } from '../config.js';
import { Artifacts } from '../configuration/artifacts.js';
import { Revisions } from '../configuration/revisions.js';
import { Log } from '../log.js';
import { RenderCache } from './render-cache.js';

const rememberedLineages = 4096;
/** A render that takes longer, or waits longer for its turn, is said. */
const usualMs = 5_000;

/** What to render: a target's spec at a revision, whose lineage and key are known. */
export type RenderRequest = {
  readonly spec: TargetSpec;
  readonly revision: string;
  readonly lineage: Lineage;
  readonly release: Release;
  readonly renderKey: string;
};

/** Where a render reads, which is not there yet, and where it writes by the way. */
type Places = { readonly root: string; readonly scratch: string };

/** Runs renderers over files of a revision, each in a process of its own, at most as many at once as there are processors. */
@Injectable()
export class Renders implements OnModuleInit, OnModuleDestroy {
  readonly #lineages = new RenderCache<{ readonly lineage: Lineage; readonly weight: number }>(
    rememberedLineages,
  );
  readonly #limit = pLimit(availableParallelism());
  readonly #stopping = new AbortController();
  readonly #folder: string;

  constructor(
    @Inject(Revisions) private readonly revisions: Revisions,
    @Inject(Config) private readonly config: Pick<Config, 'stateDir' | 'kustomize' | 'helm'>,
    @Inject(Log) private readonly log: Log,
    @Inject(ConfinedRenderer) private readonly confined: ConfinedRenderer,
    @Inject(Artifacts) private readonly artifacts: Artifacts,
  ) {
    this.#folder = join(config.stateDir, 'renders');
  }

  /** Removes what a render that was killed left behind. */
  async onModuleInit(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.confined.keepReady();
  }

  /** Ends renders that are under way; what asked for them is asked again at the next start. */
  onModuleDestroy(): void {
    this.#stopping.abort();
    this.confined.close();
  }

  /** The paths that a target's manifests are made from at a revision, or the artifact. */
  async lineage(spec: TargetSpec, revision: string): Promise<Lineage> {
    const { repository, path, renderer, helm, from } = spec;
    const key = JSON.stringify([repository, revision, path, renderer, helm, from]);
    const { lineage } = await this.#lineages.get(key, async () => {
      const read = (tree: TreeReader) => this.confined.lineageOf(tree, { path, renderer, helm, from });
      const found = from?.resolved
        ? this.#unpackedFor(from.resolved, ({ root }) => read(folderTree(root)))
        : read(await this.revisions.tree(repository, revision));
      return { lineage: await found, weight: 1 };
    });
    return lineage;
  }

  /** Renders in a folder that is gone afterwards. Throws RenderError with file and line. */
  render(request: RenderRequest): Promise<Rendered> {
    return this.#saidWhereLong(request, () => this.#limit(() => this.#render(request)));
  }

  #render(request: RenderRequest): Promise<Rendered> {
    const { from, helm } = request.spec;
    if (from?.resolved) return this.#renderArtifact(request, from.artifact, from.resolved);
    const chart = helm && 'artifact' in helm.chart ? helm.chart.resolved : undefined;
    return chart
      ? this.#unpackedFor(chart, ({ root: unpacked }) => this.#renderRevision(request, unpacked))
      : this.#renderRevision(request);
  }

  async #renderRevision(request: RenderRequest, unpacked?: string): Promise<Rendered> {
    const { spec, revision, lineage } = request;
    return this.#inFolder(async ({ root, scratch }) => {
      await mkdir(root, { mode: 0o700 });
      const tree = await this.revisions.tree(spec.repository, revision);
      await tree.materialise(lineage.materialise, root);
      const input = { ...this.#inputOf(request), root, scratch, tree };
      return this.confined.render({ ...input, ...(unpacked !== undefined && { unpacked }) });
    });
  }

  /** The artifact stands where a revision's files stand otherwise; files are named with it in front. */
  #renderArtifact(
    request: RenderRequest,
    artifact: ArtifactReference,
    resolved: ResolvedArtifact,
  ): Promise<Rendered> {
    const shown = `${artifactName(artifact)}@${resolved.version}`;
    return this.#unpackedFor(resolved, ({ root, scratch }) => {
      const input = { ...this.#inputOf(request), root, scratch };
      const rendered = this.confined.render({ ...input, tree: folderTree(root) });
      return rendered.catch((error: unknown) => {
        if (!isRenderError(error) || error.file === undefined) throw error;
        const { code, message, line, cause } = error;
        const place = { file: `${shown}/${error.file}`, ...(line !== undefined && { line }) };
        throw new RenderError(code, message, { ...place, cause });
      });
    });
  }

  #inputOf({ spec, release, renderKey }: RenderRequest) {
    const { kustomize, helm } = this.config;
    return { spec, release, renderKey, tools: { kustomize, helm }, signal: this.#stopping.signal };
  }

  /** Does something with an artifact's files, in a folder that is gone afterwards. */
  #unpackedFor<Result>(
    resolved: ResolvedArtifact,
    work: (places: Places) => Promise<Result>,
  ): Promise<Result> {
    return this.#inFolder(async (places) => {
      await this.artifacts.unpack(resolved, places.root);
      return work(places);
    });
  }

  async #inFolder<Result>(work: (places: Places) => Promise<Result>): Promise<Result> {
    const folder = join(this.#folder, randomUUID());
    const scratch = join(folder, 'scratch');
    try {
      await mkdir(scratch, { recursive: true, mode: 0o700 });
      return await work({ root: join(folder, 'files'), scratch });
    } catch (error) {
      throw withoutRoom(error);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** One line where a render has taken long, and one where it has ended then. */
  async #saidWhereLong(
    { spec: { repository, path }, revision }: RenderRequest,
    work: () => Promise<Rendered>,
  ): Promise<Rendered> {
    const began = performance.now();
    const details = { repository, path, revision };
    const timer = setTimeout(() => {
      const ahead =
        this.#limit.pendingCount > 0 ? `; ${this.#limit.pendingCount} renders wait their turn` : '';
      this.log.info(details, `waiting for the render of ${path} since ${usualMs / 1000} s${ahead}`);
    }, usualMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      const tookMs = performance.now() - began;
      if (tookMs >= usualMs)
        this.log.info(
          { ...details, waitedSeconds: tookMs / 1000 },
          `no longer waiting for the render of ${path}`,
        );
    }
  }
}
