import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { readArchive } from '@syncline/artifacts';
import { artifactsAggregate, knownArtifact, type ArtifactsState } from '@syncline/domain';
import { subjects, type HelmSpec, type ResolvedArtifact } from '@syncline/events';
import { Aggregates, BlobStore } from '@syncline/kernel';
import type { DeclaredApplication } from '@syncline/render';
import { decryptPack } from '@syncline/sealing';
import { Inject, Injectable } from '@nestjs/common';

import { Config } from '../config.js';

/** A chart with what it leads to now, where it lies elsewhere and that is known. */
const withResolution = (chart: HelmSpec['chart'], known: ArtifactsState): HelmSpec['chart'] => {
  if ('path' in chart) return chart;
  const { resolved } = knownArtifact(known, chart.artifact);
  return { artifact: chart.artifact, ...(resolved && { resolved }) };
};

/** What applications are made from and git-watcher has stored. Nothing here asks a network. */
@Injectable()
export class Artifacts {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Config) private readonly config: Pick<Config, 'packKey'>,
  ) {}

  /** Applications with what they name resolved as the log says it is now: a spec holds the very content that it stands for. */
  async resolve(
    repository: string,
    applications: readonly DeclaredApplication[],
  ): Promise<readonly DeclaredApplication[]> {
    const isNamed = applications.some(({ spec: { helm } }) => helm && 'artifact' in helm.chart);
    if (!isNamed) return applications;
    const { state } = await this.aggregates.load(artifactsAggregate, subjects.artifacts(repository));
    return applications.map((one) => {
      const { helm } = one.spec;
      if (!helm) return one;
      return { ...one, spec: { ...one.spec, helm: { ...helm, chart: withResolution(helm.chart, state) } } };
    });
  }

  /** Unpacks an artifact's archive below a folder. What it holds was looked at when it was stored, and is again. */
  async unpack({ blob }: ResolvedArtifact, folder: string): Promise<void> {
    const archive = decryptPack(await this.blobs.get('hub', blob.digest), this.config.packKey);
    await mkdir(folder, { mode: 0o700 });
    for (const { path, bytes } of await readArchive(archive)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes, { mode: 0o600 });
    }
  }
}
