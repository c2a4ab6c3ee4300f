import { ArtifactError, locateArtifact, readArchive, type Located } from '@syncline/artifacts';
import {
  artifactsAggregate,
  knownArtifact,
  type ArtifactCommand,
  type KnownArtifact,
} from '@syncline/domain';
import { subjects, type ArtifactFailure } from '@syncline/events';
import { sha256Hex, type Aggregates, type BlobStore, type Cause, type Clock } from '@syncline/kernel';
import { encryptPack, SealingError } from '@syncline/sealing';

import type { Polled } from '../polling/poll-schedule.js';
import { watcher } from '../service.js';
import type { Registries } from './registries.js';
import { wantedKey, type Wanted, type WantedArtifacts } from './wanted-artifacts.js';

const mediaType = 'application/vnd.syncline.artifact';
/** Registries count what is asked of them. */
const pollSeconds = 300;

/** What a look at an artifact stands on. */
export type ArtifactPollParts = {
  readonly aggregates: Aggregates;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly registries: Registries;
  readonly wanted: WantedArtifacts;
  readonly packKey: Uint8Array;
};

type Failure = { readonly class: ArtifactFailure; readonly reason: string };
type Looked = { readonly known: KnownArtifact; readonly sequence: number };

/** The failure of the other side that an error stands for; undefined where it is ours. */
const failureOf = (error: unknown): Failure | undefined => {
  if (error instanceof SealingError)
    return { class: 'refused', reason: 'The credential is sealed to another key. Give it again.' };
  return error instanceof ArtifactError ? { class: error.code, reason: error.message } : undefined;
};

const isAsKnown = ({ resolved }: KnownArtifact, { version, digest }: Located): boolean =>
  resolved?.version === version && resolved.digest === digest;

/** One look at where a reference leads, and what the log is told of it. Nothing here changes a cluster. */
export class ArtifactPoll {
  constructor(private readonly parts: ArtifactPollParts) {}

  async run(key: string, signal: AbortSignal): Promise<Polled> {
    const wanted = this.parts.wanted.find(key);
    if (!wanted) return { outcome: 'unregistered', pollSeconds: 0 };
    const subject = subjects.artifacts(wanted.repository);
    const { state, sequence } = await this.parts.aggregates.load(artifactsAggregate, subject);
    const looked = { known: knownArtifact(state, wanted.artifact), sequence };
    const outcome = await this.#look(wanted, looked, signal).catch((error: unknown) => {
      const failure = signal.aborted ? undefined : failureOf(error);
      if (!failure) throw error;
      return this.#fail(wanted, looked, failure);
    });
    return { outcome, pollSeconds };
  }

  async #look(wanted: Wanted, looked: Looked, signal: AbortSignal): Promise<Polled['outcome']> {
    const { registries, clock } = this.parts;
    const access = await registries.accessFor(wanted.artifact.url);
    const located = await locateArtifact(wanted.artifact, access, signal);
    if (!isAsKnown(looked.known, located)) return this.#store(wanted, looked, located);
    const at = clock.now().toISOString();
    if (looked.known.outage) await this.#decide(looked, { type: 'reach', ...wanted, at }, 'reached');
    return 'unchanged';
  }

  /** The archive first: whoever reads the event finds it. A repeat after a crash stores and says the same. */
  async #store(wanted: Wanted, looked: Looked, located: Located): Promise<Polled['outcome']> {
    const { blobs, packKey, clock } = this.parts;
    const archive = await located.fetch();
    await readArchive(archive);
    const { version, digest = sha256Hex(archive) } = located;
    const blob = await blobs.put('hub', encryptPack(archive, packKey), mediaType);
    const resolved = { version, digest, blob };
    const command = { type: 'resolve', ...wanted, resolved, at: clock.now().toISOString() } as const;
    const events = await this.#decide(looked, command, `${version}-${digest}`);
    return events > 0 ? 'detected' : 'unchanged';
  }

  async #fail(wanted: Wanted, looked: Looked, failure: Failure): Promise<Polled['outcome']> {
    const command = {
      type: 'fail',
      ...wanted,
      ...failure,
      at: this.parts.clock.now().toISOString(),
    } as const;
    await this.#decide(looked, command, `failed-${failure.class}`);
    return 'failed';
  }

  async #decide({ sequence }: Looked, command: ArtifactCommand, seen: string): Promise<number> {
    const { repository, artifact } = command;
    const key = sha256Hex(`${wantedKey({ repository, artifact })}|${seen}|${sequence}`).slice(0, 32);
    const cause: Cause = { actor: watcher, correlationId: key, idempotencyKey: key };
    const subject = subjects.artifacts(repository);
    return (await this.parts.aggregates.decide(artifactsAggregate, subject, command, cause)).events.length;
  }
}
