import { isSameHash, openCheckpoint, parseVerifier } from '@syncline/log-proofs';

import type { RequestLog } from '../../requests/log.js';
import type { LogTree } from '../tree/log-tree.js';

/** Who keeps checkpoints where the log's server cannot reach them. */
export type Witness = {
  /** What it is, for people: a file, a ref of a repository. */
  readonly name: string;
  /** The last note that it was shown; nothing where it was shown none. */
  readonly last: () => Promise<string | undefined>;
  /** Keeps a note beside those that it has. */
  readonly keep: (note: string) => Promise<void>;
};

type WitnessesParts = {
  readonly witnesses: readonly Witness[];
  readonly tree: LogTree;
  readonly say: RequestLog;
  readonly halt: (reason: string) => void;
};
type Shown = { readonly size: number; readonly key: string; readonly note: string };

/** Shows each checkpoint to every witness, and believes the log only where it holds what a witness was shown before. */
export class Witnesses {
  readonly #shown = new Map<Witness, number>();
  readonly #troubles = new Map<Witness, string>();

  constructor(private readonly parts: WitnessesParts) {}

  /** Why a witness could not be shown the newest checkpoint. */
  get trouble(): string | undefined {
    return [...this.#troubles.values()][0];
  }

  /** Shows a checkpoint to those that have not seen it. What fails is tried again with the next. */
  async show(checkpoint: Shown): Promise<void> {
    for (const witness of this.parts.witnesses) {
      if (this.#shown.get(witness) === checkpoint.size) continue;
      try {
        if (!this.#shown.has(witness) && !(await this.#isOfThisLog(witness, checkpoint))) continue;
        if ((await witness.last()) !== checkpoint.note) await witness.keep(checkpoint.note);
        this.#shown.set(witness, checkpoint.size);
        this.#troubles.delete(witness);
      } catch (error) {
        const why = `${witness.name} cannot be shown the checkpoint: ${error instanceof Error ? error.message : String(error)}`;
        if (this.#troubles.get(witness) !== why) this.parts.say.warn({}, why);
        this.#troubles.set(witness, why);
      }
    }
  }

  /** Compares the log with what the witness was shown before this process began. */
  async #isOfThisLog(witness: Witness, { key }: Shown): Promise<boolean> {
    const note = await witness.last();
    if (note === undefined) return true;
    const verifier = parseVerifier(key);
    const before = openCheckpoint(note, verifier ? [verifier] : []);
    if (!before) throw new Error('what it holds is no checkpoint');
    if (before.origin !== verifier?.name)
      throw new Error(`it holds checkpoints of another log, ${before.origin}`);
    const { tree, halt } = this.parts;
    if (before.size > tree.size) {
      halt(`${witness.name} holds a checkpoint over ${before.size} messages, and the log has ${tree.size}`);
      return false;
    }
    if (isSameHash(await tree.rootAt(before.size), before.root)) return true;
    halt(`${witness.name} holds another checkpoint over ${before.size} messages than the log leads to`);
    return false;
  }
}
