import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { TargetSpec } from '@syncline/events';
import { lineageOf, render, type Lineage, type Rendered } from '@syncline/render';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import pLimit from 'p-limit';

import { Config } from '../config.js';
import { Revisions } from '../configuration/revisions.js';
import { RenderCache } from './render-cache.js';

const rememberedLineages = 4096;

/** What to render: a target's spec at a revision, whose lineage and key are known. */
export type RenderRequest = {
  readonly spec: TargetSpec;
  readonly revision: string;
  readonly lineage: Lineage;
  readonly renderKey: string;
};

/** Runs renderers over files of a revision, at most as many at once as there are processors. */
@Injectable()
export class Renders implements OnModuleInit {
  readonly #lineages = new RenderCache<{ readonly lineage: Lineage; readonly weight: number }>(
    rememberedLineages,
  );
  readonly #limit = pLimit(availableParallelism());
  readonly #folder: string;

  constructor(
    @Inject(Revisions) private readonly revisions: Revisions,
    @Inject(Config) private readonly config: Pick<Config, 'stateDir' | 'kustomize'>,
  ) {
    this.#folder = join(config.stateDir, 'renders');
  }

  /** Removes what a render that was killed left behind. */
  async onModuleInit(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** The paths that a target's manifests are made from at a revision. */
  async lineage({ repository, path, renderer }: TargetSpec, revision: string): Promise<Lineage> {
    const key = JSON.stringify([repository, revision, path, renderer]);
    const { lineage } = await this.#lineages.get(key, async () => {
      const tree = await this.revisions.tree(repository, revision);
      return { lineage: await lineageOf(tree, { path, renderer }), weight: 1 };
    });
    return lineage;
  }

  /** Renders in a folder that is gone afterwards. Throws RenderError with file and line. */
  render(request: RenderRequest): Promise<Rendered> {
    return this.#limit(async () => {
      const { spec, revision, lineage, renderKey } = request;
      const root = join(this.#folder, randomUUID());
      try {
        await mkdir(root, { mode: 0o700 });
        const tree = await this.revisions.tree(spec.repository, revision);
        await tree.materialise(lineage.materialise, root);
        return await render({ spec, root, tree, renderKey, kustomize: this.config.kustomize });
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    });
  }
}
