import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import type { KubeObject } from '../schemas/kube-object.js';
import type { Change, Kept, Store } from './store.js';

/** A line of the journal or the snapshot; without an object it is a deletion, without a collection only a version. */
type Line = {
  readonly version: number;
  readonly collection?: string;
  readonly object?: KubeObject;
  readonly gone?: readonly [namespace: string, name: string];
};

const compactAtBytes = 16 * 1024 * 1024;
const keyOf = (collection: string, namespace: string, name: string): string =>
  JSON.stringify([collection, namespace, name]);

const readLines = (file: string): readonly Line[] => {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  // A process that was killed may have written half of its last line: that write was never answered.
  if (end < bytes.length) truncateSync(file, end);
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Line;
    } catch (cause) {
      throw new Error(
        `${file}: line ${index + 1} cannot be read; move the folder away to start with an empty cluster`,
        { cause },
      );
    }
  });
};

const lineOf = ({ type, version, collection, object }: Change): Line => {
  const { namespace = '', name = '' } = object.metadata;
  return type === 'DELETED'
    ? { version, collection, gone: [namespace, name] }
    : { version, collection, object };
};

/**
 * The objects of a cluster on disk: a snapshot, and a journal with one line per write since. A line is with the operating
 * system before its write is answered, so that a killed process loses nothing; a machine that loses power may.
 */
export class Journal {
  readonly #snapshot: string;
  readonly #file: string;
  #descriptor: number;
  #bytes = 0;

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#snapshot = join(dir, 'objects.ndjson');
    this.#file = join(dir, 'journal.ndjson');
    this.#descriptor = openSync(this.#file, 'a', 0o600);
  }

  /** What was kept: the snapshot, and the journal laid over it. */
  load(): Kept {
    const objects = new Map<string, readonly [string, KubeObject]>();
    let version = 0;
    for (const line of [...readLines(this.#snapshot), ...readLines(this.#file)]) {
      // After a crash between a snapshot and the end of its journal, the journal begins with what the snapshot has.
      if (line.version < version) continue;
      version = line.version;
      const { collection, object, gone } = line;
      if (collection === undefined) continue;
      const { namespace = '', name = '' } = object?.metadata ?? {};
      if (object) objects.set(keyOf(collection, namespace, name), [collection, object]);
      else if (gone) objects.delete(keyOf(collection, ...gone));
    }
    return { version, objects: [...objects.values()] };
  }

  /** Writes each change of a store from now on. */
  follow(store: Store): void {
    this.#compact(store);
    store.subscribe((change) => {
      this.#bytes += writeSync(this.#descriptor, `${JSON.stringify(lineOf(change))}\n`);
      if (this.#bytes > compactAtBytes) this.#compact(store);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #compact(store: Store): void {
    const { version } = store;
    const lines = store
      .all()
      .map(([collection, object]) => JSON.stringify({ version, collection, object } satisfies Line));
    const partial = `${this.#snapshot}.partial`;
    writeFileSync(partial, `${[JSON.stringify({ version }), ...lines].join('\n')}\n`, { mode: 0o600 });
    renameSync(partial, this.#snapshot);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#file, 'w', 0o600);
    this.#bytes = 0;
  }
}
