import { openAnnouncement, openCheckpoint, type OpenedCheckpoint } from '../notes/checkpoint.js';
import { formatVerifier, parseVerifier, type Verifier } from '../notes/keys.js';

/** The keys that a log announced, in their order: each but the first is signed by the one before it. */
export class KeyChain {
  readonly #keys: Verifier[] = [];

  /** The key that signs now. */
  get current(): Verifier | undefined {
    return this.#keys.at(-1);
  }

  /** Takes an announcement; says what is wrong with it, or nothing. */
  announce(data: unknown): string | undefined {
    const { note, key } = (data ?? {}) as Record<string, unknown>;
    const before = this.current;
    const next = typeof note === 'string' ? openAnnouncement(note, before) : undefined;
    if (!next || formatVerifier(next) !== key)
      return before
        ? 'the key before it has not signed the key that it announces'
        : 'it does not announce the key that it names';
    if (before && before.name !== next.name) return 'it announces the key of another log';
    this.#keys.push(next);
    return undefined;
  }

  /** Opens a checkpoint that the current key has signed. */
  open(note: string): OpenedCheckpoint | undefined {
    const opened = this.current && openCheckpoint(note, [this.current]);
    return opened && opened.signedBy.length > 0 ? opened : undefined;
  }

  /** Whether a key is one of the trusted, or was announced after one of them. */
  isTrusted(key: Verifier, trusted: readonly Verifier[]): boolean {
    const names = new Set(trusted.map(formatVerifier));
    const first = this.#keys.findIndex((one) => names.has(formatVerifier(one)));
    const at = this.#keys.findIndex((one) => formatVerifier(one) === formatVerifier(key));
    return first >= 0 && at >= first;
  }
}

/** Reads keys as people pass them on. Throws TypeError with the text of one that is none. */
export const readKeys = (texts: readonly string[]): readonly Verifier[] =>
  texts.map((text) => {
    const verifier = parseVerifier(text);
    if (!verifier) throw new TypeError(`${JSON.stringify(text)} is no key of checkpoints`);
    return verifier;
  });
