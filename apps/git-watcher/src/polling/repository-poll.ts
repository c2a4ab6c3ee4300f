import {
  lastRevision,
  repositoryAggregate,
  type Detected,
  type Refused,
  type Registered,
  type RepositoryCommand,
} from '@syncline/domain';
import { fetchFailures, subjects, type FetchFailure } from '@syncline/events';
import { GitError, type GitSignature, type GoodSignature } from '@syncline/git';
import { Aggregates, BlobStore, Clock, People, sha256Hex, type Cause } from '@syncline/kernel';
import { encryptPack, SealingError } from '@syncline/sealing';

import type { Credentials } from '../credentials/credentials.js';
import { watcher } from '../service.js';
import { readSigners } from '../registration/signers.js';
import { findRevision, type FoundRevision, type RefusedRevision } from './find-revision.js';
import type { Mirrors } from './mirrors.js';
import type { Polled } from './poll-schedule.js';

const packMediaType = 'application/vnd.syncline.pack';

/** What a poll stands on. */
export type PollParts = {
  readonly aggregates: Aggregates;
  readonly blobs: BlobStore;
  readonly people: People;
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly mirrors: Mirrors;
  readonly packKey: Uint8Array;
};

type Failure = { readonly class: FetchFailure; readonly reason: string };

/** The failure of the remote that an error stands for; undefined where it is ours. */
const failureOf = (error: unknown): Failure | undefined => {
  if (error instanceof SealingError)
    return { class: 'refused', reason: 'The credential is sealed to another key. Give it again.' };
  if (!(error instanceof GitError)) return undefined;
  if (error.code === 'url-refused') return { class: 'refused', reason: error.message };
  const failure = fetchFailures.find((one) => one === error.code);
  return failure && { class: failure, reason: error.message };
};

/** One look at a repository, and what the log is told of it. Nothing here changes a cluster. */
export class RepositoryPoll {
  constructor(private readonly parts: PollParts) {}

  async run(repository: string, signal: AbortSignal): Promise<Polled> {
    const { aggregates } = this.parts;
    const { state, sequence } = await aggregates.load(repositoryAggregate, subjects.repository(repository));
    if (state.status === 'unregistered') return { outcome: 'unregistered', pollSeconds: 0 };
    const { pollSeconds } = state.registration;
    const outcome = await this.#look(state, sequence, signal).catch((error: unknown) => {
      const failure = signal.aborted ? undefined : failureOf(error);
      if (!failure) throw error;
      return this.#fail(state, sequence, failure);
    });
    return { outcome, pollSeconds };
  }

  async #look(state: Registered, sequence: number, signal: AbortSignal): Promise<Polled['outcome']> {
    const { mirrors, credentials, blobs } = this.parts;
    const { credential: sealed, signers } = state.registration;
    const credential = sealed && (await credentials.open(sealed));
    const found = await findRevision({
      ...{ state, mirrors, signal },
      ...(credential && { credential }),
      ...(signers && { policy: () => readSigners(blobs, signers) }),
    });
    const at = this.#now();
    if (found === 'still-refused') return 'refused';
    if (found && 'refusal' in found) return this.#refuse(state, sequence, found, at);
    if (found) return this.#detect(state, sequence, found, at);
    if (state.outage) await this.#decide(state, { type: 'reach', at }, causeOf(state, sequence, 'reached'));
    return 'unchanged';
  }

  async #refuse(
    state: Registered,
    sequence: number,
    { commit, tag, refusal }: RefusedRevision,
    at: string,
  ): Promise<Polled['outcome']> {
    const previous = lastRevision(state);
    const refused: Refused = {
      revision: commit.oid,
      author: await this.#sign(commit.author),
      message: commit.message,
      class: refusal.class,
      reason: refusal.reason,
      ...(tag !== undefined && { tag }),
      ...(previous !== undefined && { previous }),
    };
    const cause = causeOf(state, sequence, `refused-${commit.oid}`);
    await this.#decide(state, { type: 'refuse', refused, at }, cause);
    return 'refused';
  }

  /** The pack first: whoever reads the event finds it. A repeat after a crash stores and says the same. */
  async #detect(
    state: Registered,
    sequence: number,
    found: FoundRevision,
    at: string,
  ): Promise<Polled['outcome']> {
    const { blobs, packKey } = this.parts;
    const { commit, tag, forced, saidReverts, base, submodules } = found;
    const previous = lastRevision(state);
    const signature = found.signature && (await this.#signature(found.signature));
    const pack = await blobs.put('hub', encryptPack(found.pack, packKey), packMediaType);
    const detected: Detected = {
      revision: commit.oid,
      tree: commit.tree,
      parents: [...commit.parents],
      author: await this.#sign(commit.author),
      committer: await this.#sign(commit.committer),
      message: commit.message,
      forced,
      saidReverts,
      pack,
      ...(tag !== undefined && { tag }),
      ...(previous !== undefined && { previous }),
      ...(base !== undefined && { base }),
      ...(submodules && { submodules }),
      ...(signature && { signature }),
    };
    const cause = causeOf(state, sequence, commit.oid);
    const events = await this.#decide(state, { type: 'detect', detected, at }, cause);
    return events > 0 ? 'detected' : 'outdated';
  }

  async #fail(state: Registered, sequence: number, failure: Failure): Promise<Polled['outcome']> {
    const command = { type: 'fail', ...failure, at: this.#now() } as const;
    await this.#decide(state, command, causeOf(state, sequence, `failed-${failure.class}`));
    return 'failed';
  }

  async #signature({ signer, ...rest }: GoodSignature): Promise<NonNullable<Detected['signature']>> {
    return { ...rest, person: await this.parts.people.identify(signer) };
  }

  /** A commit may name nobody; then its author is known by the name alone, or as nobody. */
  async #sign({ name, email, at }: GitSignature): Promise<{ person: string; at: string }> {
    const address = email.trim() === '' ? name.trim() || 'nobody' : email;
    return { person: await this.parts.people.identify({ name, email: address }), at };
  }

  async #decide(state: Registered, command: RepositoryCommand, cause: Cause): Promise<number> {
    const subject = subjects.repository(state.registration.repository);
    const decided = await this.parts.aggregates.decide(repositoryAggregate, subject, command, cause);
    return decided.events.length;
  }

  #now(): string {
    return this.parts.clock.now().toISOString();
  }
}

/**
 * One correlation id from commit to healthy, derived from the repository, what was seen, and where the log stood: a
 * repeat has the same, and a second arrival at the same commit another.
 */
const causeOf = ({ registration }: Registered, sequence: number, seen: string): Cause => {
  const key = `${seen}-${sequence}`;
  const correlationId = sha256Hex(`${registration.repository}|${key}`).slice(0, 32);
  return { actor: watcher, correlationId, idempotencyKey: key };
};
