import { artifactKey, configurationAggregate } from '@syncline/domain';
import {
  configurationDocument,
  decodeToken,
  subjects,
  type ArtifactReference,
  type ConfigurationDocument,
} from '@syncline/events';
import type { Aggregates, BlobStore, EventLog } from '@syncline/kernel';

/** One thing that applications of a repository name. */
export type Wanted = { readonly repository: string; readonly artifact: ArtifactReference };

/** A wanted artifact as the key of a schedule, and back. */
export const wantedKey = ({ repository, artifact }: Wanted): string =>
  JSON.stringify([repository, artifactKey(artifact)]);

const namedIn = ({ applications }: ConfigurationDocument): readonly ArtifactReference[] =>
  applications.flatMap(({ spec: { source, helm } }) => [
    ...(source.from ? [source.from.artifact] : []),
    ...(helm && 'artifact' in helm.chart ? [helm.chart.artifact] : []),
  ]);

/** What the configurations in force name, by repository. Held in memory, and read from the log at a start. */
export class WantedArtifacts {
  readonly #byRepository = new Map<string, ReadonlyMap<string, Wanted>>();

  constructor(
    private readonly log: EventLog,
    private readonly aggregates: Aggregates,
    private readonly blobs: BlobStore,
  ) {}

  /** Reads what is in force of every repository. */
  async readAll(): Promise<readonly Wanted[]> {
    const prefix = subjects.configuration('x').slice(0, -1);
    const found = await this.log.subjects(`${prefix}>`);
    for (const subject of found) await this.renew(decodeToken(subject.slice(prefix.length)));
    return this.all();
  }

  /** What the applications of every repository name. */
  all(): readonly Wanted[] {
    return [...this.#byRepository.values()].flatMap((wanted) => [...wanted.values()]);
  }

  /**
   * Takes what is in force of a repository now, whichever acceptance it was told by: an older one may come once more. Gives
   * what was not wanted before.
   */
  async renew(repository: string): Promise<readonly Wanted[]> {
    const before = this.#byRepository.get(repository);
    const named = await this.#namedInForce(repository);
    const wanted = new Map(
      named.map((artifact) => {
        const one = { repository, artifact };
        return [wantedKey(one), one] as const;
      }),
    );
    this.#byRepository.set(repository, wanted);
    return [...wanted].flatMap(([key, one]) => (before?.has(key) === true ? [] : [one]));
  }

  /** What a key stands for; undefined where nothing in force names it any more. */
  find(key: string): Wanted | undefined {
    for (const wanted of this.#byRepository.values()) {
      const found = wanted.get(key);
      if (found) return found;
    }
    return undefined;
  }

  /** What a repository's applications name. */
  of(repository: string): readonly Wanted[] {
    return [...(this.#byRepository.get(repository)?.values() ?? [])];
  }

  async #namedInForce(repository: string): Promise<readonly ArtifactReference[]> {
    const subject = subjects.configuration(repository);
    const { state } = await this.aggregates.load(configurationAggregate, subject);
    if (state.status === 'unread' || !state.inForce) return [];
    const bytes = await this.blobs.get('hub', state.inForce.configuration.digest);
    return namedIn(configurationDocument.parse(JSON.parse(new TextDecoder().decode(bytes))));
  }
}
