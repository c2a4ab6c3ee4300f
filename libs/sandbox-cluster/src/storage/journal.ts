import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import type { KubeObject } from '../schemas/kube-object.js';
import type { Change, ObjectStore, ResourceId } from './object-store.js';

/** A line of the snapshot or the journal. Without an object it is a deletion, without a resource only a version. */
type Line = {
  readonly version: number;
  readonly resource?: ResourceId;
  readonly object?: KubeObject;
  readonly gone?: readonly [namespace: string, name: string];
};

const compactAtBytes = 16 * 1024 * 1024;

const keyOf = (resource: ResourceId, namespace: string, name: string): string =>
  JSON.stringify([resource, namespace, name]);

const readLines = (file: string): readonly Line[] => {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  // A process that was killed may have written half of its last line: that write was never answered.
  if (end < bytes.length) truncateSync(file, end);
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => readLine(file, line, index + 1));
};

const readLine = (file: string, line: string, number: number): Line => {
  try {
    return JSON.parse(line) as Line;
  } catch {
    throw new Error(
      `${file}:${number} cannot be read: move its folder away to start with an empty simulated cluster`,
    );
  }
};

const lineOf = ({ type, version, resource, object }: Change): Line => {
  const { namespace = '', name = '' } = object.metadata;
  return type === 'DELETED' ? { version, resource, gone: [namespace, name] } : { version, resource, object };
};

/**
 * The objects of a cluster on disk: a snapshot, and a journal with one line per write since. A line is with the operating
 * system before its write is answered, so a killed process loses nothing; a machine that loses its power may.
 */
export class Journal {
  readonly #snapshot: string;
  readonly #file: string;
  #descriptor: number;
  #bytes = 0;
  #stop: () => void = () => undefined;

  constructor(
    dir: string,
    private readonly store: ObjectStore,
  ) {
    this.#snapshot = join(dir, 'objects.ndjson');
    this.#file = join(dir, 'journal.ndjson');
    this.#load();
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#compact();
    this.#stop = store.onChange((change) => this.#write(change));
  }

  close(): void {
    this.#stop();
    closeSync(this.#descriptor);
  }

  #load(): void {
    const objects = new Map<string, readonly [ResourceId, KubeObject]>();
    let version = 0;
    for (const line of [...readLines(this.#snapshot), ...readLines(this.#file)]) {
      // A crash between a new snapshot and the end of its journal leaves in the journal what the snapshot has.
      if (line.version < version) continue;
      version = line.version;
      const { resource, object, gone } = line;
      if (resource === undefined) continue;
      const { namespace = '', name = '' } = object?.metadata ?? {};
      if (object) objects.set(keyOf(resource, namespace, name), [resource, object]);
      else if (gone) objects.delete(keyOf(resource, ...gone));
    }
    this.store.restore(version, objects.values());
  }

  #write(change: Change): void {
    this.#bytes += writeSync(this.#descriptor, `${JSON.stringify(lineOf(change))}\n`);
    if (this.#bytes > compactAtBytes) this.#compact();
  }

  #compact(): void {
    const { store } = this;
    const { version } = store;
    const lines = store
      .resources()
      .flatMap((resource) =>
        store.list(resource).map((object) => JSON.stringify({ version, resource, object } satisfies Line)),
      );
    const partial = `${this.#snapshot}.partial`;
    writeFileSync(partial, `${[JSON.stringify({ version }), ...lines].join('\n')}\n`, { mode: 0o600 });
    renameSync(partial, this.#snapshot);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#file, 'w', 0o600);
    this.#bytes = 0;
  }
}
