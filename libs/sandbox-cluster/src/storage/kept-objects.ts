import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import type { KubeObject } from '../schemas/kube-object.js';
import type { Change, ObjectStore, ResourceId } from './object-store.js';

/** One line: what an object became, or that it is gone. */
type Line = {
  readonly version: number;
  readonly resource: ResourceId;
  readonly object: KubeObject;
  readonly gone?: true;
};

type Snapshot = {
  readonly version: number;
  readonly objects: readonly (readonly [ResourceId, KubeObject])[];
};

/** Beyond this the journal is folded into a snapshot. */
const longestJournal = 8 * 1024 * 1024;

const readOr = <Kept>(file: string, otherwise: Kept, read: (text: string) => Kept): Kept => {
  try {
    return read(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
};

const parseLine = (text: string): Line | undefined => {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
};

/** The whole lines of a journal. A last one that a crash cut short was not answered for, and is dropped. */
const linesOf = (text: string, file: string): readonly Line[] => {
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((one, index) => {
    const line = parseLine(one);
    if (line) return [line];
    if (index === lines.length - 1) return [];
    throw new Error(
      `line ${index + 1} of ${file} cannot be read; remove the folder to start with an empty cluster`,
    );
  });
};

const keyOf = (resource: ResourceId, { metadata }: KubeObject): string =>
  `${resource} ${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

/**
 * Keeps the objects of a cluster in a directory: a snapshot and a journal of what came after it. A change is in the file
 * before its request is answered, so a killed process loses nothing that it said; a machine that loses power may.
 */
export class KeptObjects {
  readonly #snapshotFile: string;
  readonly #journalFile: string;
  #journal: number;
  #size = 0;
  readonly #stop: () => void;

  constructor(
    dir: string,
    private readonly store: ObjectStore,
  ) {
    this.#snapshotFile = join(dir, 'objects.json');
    this.#journalFile = join(dir, 'objects.journal');
    this.#restore();
    this.#journal = openSync(this.#journalFile, 'a', 0o600);
    this.#fold();
    this.#stop = store.onChange((change) => this.#keep(change));
  }

  close(): void {
    this.#stop();
    closeSync(this.#journal);
  }

  #restore(): void {
    const empty: Snapshot = { version: 0, objects: [] };
    const snapshot = readOr(this.#snapshotFile, empty, (text) => JSON.parse(text) as Snapshot);
    const lines = readOr<readonly Line[]>(this.#journalFile, [], (text) => linesOf(text, this.#journalFile));
    const objects = new Map(snapshot.objects.map((one) => [keyOf(...one), one] as const));
    let { version } = snapshot;
    for (const line of lines) {
      // A crash between a snapshot and the emptying of its journal leaves lines that the snapshot has.
      if (line.version <= snapshot.version) continue;
      ({ version } = line);
      if (line.gone) objects.delete(keyOf(line.resource, line.object));
      else objects.set(keyOf(line.resource, line.object), [line.resource, line.object]);
    }
    this.store.restore(version, objects.values());
  }

  #keep({ type, resource, object, version }: Change): void {
    const line: Line = { version, resource, object, ...(type === 'DELETED' && { gone: true }) };
    const written = Buffer.from(`${JSON.stringify(line)}\n`);
    writeSync(this.#journal, written);
    this.#size += written.length;
    if (this.#size > longestJournal) this.#fold();
  }

  /** Writes all that there is as a snapshot, in one step, and empties the journal. */
  #fold(): void {
    const { store } = this;
    const objects = store.resources().flatMap((id) => store.list(id).map((object) => [id, object] as const));
    const snapshot: Snapshot = { version: store.version, objects };
    writeFileSync(`${this.#snapshotFile}.new`, JSON.stringify(snapshot), { mode: 0o600 });
    renameSync(`${this.#snapshotFile}.new`, this.#snapshotFile);
    ftruncateSync(this.#journal, 0);
    this.#size = 0;
  }
}
