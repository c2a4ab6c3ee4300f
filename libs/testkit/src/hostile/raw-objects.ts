import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** One name of a tree, written as it is given, whatever Git thinks of it. `oid` is what it stands for. */
export type RawEntry = { readonly mode: string; readonly name: string; readonly oid: string };

const person = 'Mallory <mallory@example.com> 1700000000 +0000';
const mostBytes = 1024 * 1024 * 1024;

/** Writes Git objects that no honest Git would make into a bare repository, without looking at them. */
export class RawObjects {
  constructor(private readonly dir: string) {}

  blob(content: string | Uint8Array): string {
    return this.#write('blob', content);
  }

  /** A folder of exactly these entries, in the order in which Git keeps them. */
  tree(entries: readonly RawEntry[]): string {
    const sorted = [...entries].sort((a, b) => Buffer.compare(sortKey(a), sortKey(b)));
    return this.#write('tree', Buffer.concat(sorted.map(encode)));
  }

  /** A folder of plain files by name. */
  folder(files: Readonly<Record<string, string>>): string {
    return this.tree(Object.entries(files).map(([name, content]) => file(name, this.blob(content))));
  }

  commit(tree: string, message = 'hostile'): string {
    const body = `tree ${tree}\nauthor ${person}\ncommitter ${person}\n\n${message}\n`;
    return this.#write('commit', body);
  }

  /** A pack of everything that a commit holds. */
  pack(commit: string): Uint8Array {
    const objects = this.#git(['rev-list', '--objects', '--no-object-names', '--stdin'], `${commit}\n`);
    return this.#git(['pack-objects', '--stdout', '--quiet'], objects);
  }

  /** As a loose object (gitformat-loose): one that is there already is written again. */
  #write(type: string, content: string | Uint8Array): string {
    const bytes = Buffer.from(content);
    const stored = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
    const oid = createHash('sha1').update(stored).digest('hex');
    const shelf = join(this.dir, 'objects', oid.slice(0, 2));
    mkdirSync(shelf, { recursive: true });
    writeFileSync(join(shelf, oid.slice(2)), deflateSync(stored, { level: 1 }));
    return oid;
  }

  #git(parameters: readonly string[], input: string | Uint8Array): Buffer {
    return execFileSync('git', ['-C', this.dir, ...parameters], { input, maxBuffer: mostBytes });
  }
}

/** An entry for a plain file. */
export const file = (name: string, oid: string): RawEntry => ({ mode: '100644', name, oid });
/** An entry for a folder. */
export const folder = (name: string, oid: string): RawEntry => ({ mode: '40000', name, oid });
/** An entry for a symbolic link; the blob holds where it leads. */
export const link = (name: string, oid: string): RawEntry => ({ mode: '120000', name, oid });

const encode = ({ mode, name, oid }: RawEntry): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);

const sortKey = ({ mode, name }: RawEntry): Buffer => Buffer.from(mode === '40000' ? `${name}/` : name);

/** A tree of `width` to the power of `depth` files, which takes `depth + 1` objects: each folder names the next one again and again. */
export const treeBomb = (objects: RawObjects, width = 10, depth = 10): string => {
  let below = objects.tree([file('a.yaml', objects.blob('kind: ConfigMap\n'))]);
  for (let level = 0; level < depth; level += 1) {
    const oid = below;
    below = objects.tree(Array.from({ length: width }, (_, index) => folder(`d${index}`, oid)));
  }
  return below;
};

/** One file under as many folders within one another. */
export const deepTree = (objects: RawObjects, levels: number): string => {
  let below = objects.tree([file('a.yaml', objects.blob('kind: ConfigMap\n'))]);
  for (let level = 0; level < levels; level += 1) below = objects.tree([folder('d', below)]);
  return below;
};
