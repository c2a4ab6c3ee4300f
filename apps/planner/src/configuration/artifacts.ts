import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { readArchive } from '@syncline/artifacts';
import { artifactsAggregate, knownArtifact, type ArtifactsState } from '@syncline/domain';
import {
  subjects,
  type ApplicationSpec,
  type ArtifactSource,
  type ResolvedArtifact,
  type TargetSpec,
} from '@syncline/events';
import { Aggregates, BlobStore } from '@syncline/kernel';
import type { DeclaredApplication } from '@syncline/render';
import { decryptPack } from '@syncline/sealing';
import { Inject, Injectable } from '@nestjs/common';

import { Config } from '../config.js';

/** What it leads to now, where that is known. */
const withResolution = ({ artifact }: ArtifactSource, known: ArtifactsState): ArtifactSource => {
  const { resolved } = knownArtifact(known, artifact);
  return { artifact, ...(resolved && { resolved }) };
};

const resolveSpec = (spec: ApplicationSpec, known: ArtifactsState): ApplicationSpec => {
  const { source, helm } = spec;
  const { from } = source;
  const chart = helm && 'artifact' in helm.chart ? withResolution(helm.chart, known) : helm?.chart;
  return {
    ...spec,
    ...(from && { source: { ...source, from: withResolution(from, known) } }),
    ...(helm && chart && { helm: { ...helm, chart } }),
  };
};

/** What a spec is made from and lies elsewhere. */
export const elsewhere = ({ from, helm }: Pick<TargetSpec, 'from' | 'helm'>): ArtifactSource | undefined =>
  from ?? (helm && 'artifact' in helm.chart ? helm.chart : undefined);

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
    const isNamed = applications.some(({ spec: { source, helm } }) => elsewhere({ from: source.from, helm }));
    if (!isNamed) return applications;
    const { state } = await this.aggregates.load(artifactsAggregate, subjects.artifacts(repository));
    return applications.map((one) => ({ ...one, spec: resolveSpec(one.spec, state) }));
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
