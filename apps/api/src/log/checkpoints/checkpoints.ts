import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { checkpointsAggregate, type CheckpointsState } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { OneAtATime, type Aggregates, type EventLog, type Loaded } from '@syncline/kernel';
import { formatVerifier, signCheckpoint, type Signer } from '@syncline/log-proofs';

import type { RequestLog } from '../../requests/log.js';
import type { LogTree } from '../tree/log-tree.js';
import { announcementOf, signerFor, type CheckpointKeys } from './checkpoint-keys.js';
import { Witnesses, type Witness } from './witnesses.js';

/** How long a checkpoint waits for the tree to have grown as the log did. */
const mostBehindMs = 30_000;
const mostShownMs = 5_000;
const context = () => ({ actor: 'service:api', correlationId: randomUUID() });

/** The newest checkpoint, and where the log stood when it was recorded. */
export type SignedCheckpoint = NonNullable<CheckpointsState['last']> & { readonly origin: string };

/** What checkpoints are made of; they are signed every so often where the log has grown. */
export type CheckpointsParts = {
  readonly log: EventLog;
  readonly aggregates: Aggregates;
  readonly tree: LogTree;
  readonly keys: CheckpointKeys;
  readonly everyMs: number;
  readonly witnesses: readonly Witness[];
  readonly say: RequestLog;
  readonly halt: (reason: string) => void;
};

/** Signs the tree of the log, records that in the log, and tells witnesses, so that nobody can make it another one later. */
export class Checkpoints {
  readonly #turns = new OneAtATime();
  readonly #witnesses: Witnesses;
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | undefined;
  #isEnded = false;

  constructor(private readonly parts: CheckpointsParts) {
    this.#witnesses = new Witnesses(parts);
  }

  /** Why no checkpoint could be signed or shown to a witness the last time; nothing where it could. */
  get trouble(): string | undefined {
    return this.#trouble ?? this.#witnesses.trouble;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#onTime(), this.parts.everyMs).unref();
  }

  async close(): Promise<void> {
    this.#isEnded = true;
    clearInterval(this.#timer);
    await this.#turns.run('sign', () => Promise.resolve());
    await this.#turns.run('show', () => Promise.resolve());
  }

  /** The newest checkpoint of the log; nothing where there is none yet. */
  async newest(): Promise<SignedCheckpoint | undefined> {
    return checkpointOf((await this.#load()).state);
  }

  /** Signs what the log holds now, or gives the newest checkpoint where nothing else was recorded since. */
  sign(): Promise<SignedCheckpoint> {
    return this.#turns.run('sign', () => this.#sign());
  }

  /** One over all that the log holds now; where none can be signed, the newest that there is. */
  forExport(): Promise<SignedCheckpoint | undefined> {
    return this.sign().catch((error: unknown) => {
      this.parts.say.warn({ err: error }, 'no checkpoint of the log could be signed for an export');
      return this.newest();
    });
  }

  /** Who signs for the log: what is given out of it besides checkpoints bears the same key. */
  async signer(): Promise<Signer> {
    return signerFor(this.parts.keys, (await this.#announced()).state);
  }

  #load(): Promise<Loaded<CheckpointsState>> {
    return this.parts.aggregates.load(checkpointsAggregate, subjects.log());
  }

  async #onTime(): Promise<void> {
    if (this.#isEnded || this.parts.tree.halted !== undefined) return;
    try {
      await this.sign();
      this.#trouble = undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#trouble !== why)
        this.parts.say.warn({ err: error }, 'no checkpoint of the log could be signed');
      this.#trouble = why;
    }
  }

  async #sign(): Promise<SignedCheckpoint> {
    const { state, sequence } = await this.#announced();
    const size = await this.parts.log.lastSequence();
    const last = checkpointOf(state);
    if (last && last.size > size)
      this.parts.halt(`a checkpoint over ${last.size} messages was signed, and the log has ${size}`);
    // What is recorded by a checkpoint itself is no reason for the next.
    const signed =
      last && sequence >= size && last.key === state.key ? last : await this.#signAt(size, state);
    // Who asks for a checkpoint does not wait for a witness that is far away; it is shown all the same.
    const shown = this.#turns.run('show', () => this.#witnesses.show(signed));
    await Promise.race([shown, delay(mostShownMs, undefined, { ref: false })]);
    return signed;
  }

  async #signAt(size: number, state: CheckpointsState): Promise<SignedCheckpoint> {
    const { tree, aggregates, keys } = this.parts;
    await tree.reached(size, mostBehindMs);
    const root = await tree.rootAt(size);
    const signer = signerFor(keys, state);
    const origin = signer.verifier.name;
    const data = {
      ...{ origin, size, root: Buffer.from(root).toString('hex'), key: formatVerifier(signer.verifier) },
      note: signCheckpoint({ origin, size, root }, [signer]),
    };
    const decided = await aggregates.decide(
      checkpointsAggregate,
      subjects.log(),
      { type: 'sign', data },
      context(),
    );
    return checkpointOf(decided.state) ?? data;
  }

  /** The state with our key announced in it. */
  async #announced(): Promise<Loaded<CheckpointsState>> {
    const { aggregates, keys } = this.parts;
    const loaded = await this.#load();
    const command = announcementOf(keys, loaded.state);
    if (
      command.type === 'announce' &&
      command.data.key === loaded.state.key &&
      command.data.origin === loaded.state.origin
    )
      return loaded;
    const decided = await aggregates.decide(checkpointsAggregate, subjects.log(), command, context());
    return { state: decided.state, sequence: decided.position.sequence };
  }
}

const checkpointOf = ({ last, origin = '' }: CheckpointsState): SignedCheckpoint | undefined =>
  last && { ...last, origin };
