import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { TargetSpec } from '@syncline/events';
import { ConfinedRenderer, type Lineage, type Release, type Rendered } from '@syncline/render';
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
  }

  /** Ends renders that are under way; what asked for them is asked again at the next start. */
  onModuleDestroy(): void {
    this.#stopping.abort();
    this.confined.close();
  }

  /** The paths that a target's manifests are made from at a revision. */
  async lineage({ repository, path, renderer, helm }: TargetSpec, revision: string): Promise<Lineage> {
    const key = JSON.stringify([repository, revision, path, renderer, helm]);
    const { lineage } = await this.#lineages.get(key, async () => {
      const tree = await this.revisions.tree(repository, revision);
      return { lineage: await this.confined.lineageOf(tree, { path, renderer, helm }), weight: 1 };
    });
    return lineage;
  }

  /** Renders in a folder that is gone afterwards. Throws RenderError with file and line. */
  render(request: RenderRequest): Promise<Rendered> {
    return this.#saidWhereLong(request, () => this.#limit(() => this.#render(request)));
  }

  async #render({ spec, revision, lineage, release, renderKey }: RenderRequest): Promise<Rendered> {
    const root = join(this.#folder, randomUUID());
    try {
      await mkdir(root, { mode: 0o700 });
      const tree = await this.revisions.tree(spec.repository, revision);
      await tree.materialise(lineage.materialise, root);
      const { signal } = this.#stopping;
      const { kustomize, helm } = this.config;
      const tools = { kustomize, helm };
      const unpacked = await this.#unpack(spec, `${root}.artifact`);
      const input = { spec, root, tree, renderKey, release, tools, signal };
      return await this.confined.render({ ...input, ...(unpacked !== undefined && { unpacked }) });
    } finally {
      await rm(root, { recursive: true, force: true });
      await rm(`${root}.artifact`, { recursive: true, force: true });
    }
  }

  /** Where the artifact lies that the target is made from; nothing where it is made from its repository alone. */
  async #unpack({ helm }: TargetSpec, folder: string): Promise<string | undefined> {
    if (!helm || 'path' in helm.chart || !helm.chart.resolved) return undefined;
    await this.artifacts.unpack(helm.chart.resolved, folder);
    return folder;
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
