import { artifactsAggregate, registryAggregate, type KnownArtifact } from '@syncline/domain';
import type { ArtifactEvent, ArtifactReference, RegistryEvent } from '@syncline/events';
import { Inject } from '@nestjs/common';
import { Views } from '@syncline/read-models';

/** What an artifact led to, and whether it could be had. */
export type PastArtifact = KnownArtifact & {
  readonly repository: string;
  readonly artifact: ArtifactReference;
};

/** Charts, artifacts and registries as they were at an instant, by what had happened by then. */
export class PastArtifacts {
  constructor(@Inject(Views) private readonly views: Views) {}

  /** Everything that had been looked for and found or not, whether or not an application still named it then. */
  async artifacts(at: string): Promise<readonly PastArtifact[]> {
    const types = ['ArtifactResolved', 'ArtifactFailed', 'ArtifactRecovered'];
    const { events } = await this.views.past(at, { types });
    const byRepository = Map.groupBy(
      events as unknown as readonly ArtifactEvent[],
      ({ data }) => data.repository,
    );
    return [...byRepository].flatMap(([repository, own]) => {
      const { decider } = artifactsAggregate;
      const { known } = own.reduce((state, event) => decider.evolve(state, event), decider.initial);
      return Object.entries(known).map(([key, one]) => ({
        ...one,
        repository,
        artifact: JSON.parse(key) as ArtifactReference,
      }));
    });
  }

  async registries(at: string): Promise<readonly RegistryEvent['data'][]> {
    const { events } = await this.views.past(at, { types: ['RegistryRegistered'] });
    const { decider } = registryAggregate;
    const states = Map.groupBy(events as unknown as readonly RegistryEvent[], ({ data }) => data.registry);
    return [...states.values()].flatMap(
      (own) => own.reduce((state, event) => decider.evolve(state, event), decider.initial).registered ?? [],
    );
  }
}
