import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ArchiveError } from './archive-error.js';
import type { ArchiveStore, Slice } from './archive-store.js';

const draftOf = /^\..+\.part$/;
/** What a process that was killed has left; nobody writes on one file for so long. */
const leftAfterMs = 24 * 3_600_000;
const readChunkBytes = 256 * 1024;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** What the file system refuses; what the bytes end with stays as it is. */
const failed = (what: string, path: string, error: unknown): unknown =>
  (error as NodeJS.ErrnoException).syscall === undefined
    ? error
    : new ArchiveError('archive-refused', `${path} cannot be ${what} (${codeOf(error)})`, path, error);

const writeDraft = async (draft: string, bytes: AsyncIterable<Uint8Array>): Promise<void> => {
  const file = await open(draft, 'wx', 0o600);
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** A new name is there after a crash of the machine once its folder is. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const removeLeft = async (path: string, names: readonly string[]): Promise<void> => {
  for (const name of names.filter((one) => draftOf.test(one))) {
    const draft = join(path, name);
    const { mtimeMs } = await stat(draft).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > leftAfterMs) await rm(draft, { force: true });
  }
};

const write = async (path: string, name: string, bytes: AsyncIterable<Uint8Array>): Promise<boolean> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await removeLeft(path, await readdir(path));
  const draft = join(path, `.${name}.${randomUUID()}.part`);
  try {
    await writeDraft(draft, bytes);
    // Unlike a rename, a link never takes the place of what is there.
    await link(draft, join(path, name));
    await syncFolder(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw failed('written', join(path, name), error);
  } finally {
    await rm(draft, { force: true });
  }
};

async function* read(path: string, slice?: Slice): AsyncGenerator<Uint8Array> {
  const range = slice && { start: slice.begin, end: slice.begin + slice.length - 1 };
  if (slice?.length === 0) return;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: readChunkBytes, ...range }))
      yield chunk as Uint8Array;
  } catch (error) {
    throw failed('read', path, error);
  }
}

/** An archive in a folder, which is made with the first file. */
export const folderStore = (path: string): ArchiveStore => ({
  place: path,
  list: async () => {
    const names = await readdir(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw failed('read', path, error);
    });
    return names.filter((name) => !draftOf.test(name)).sort();
  },
  write: (name, bytes) => write(path, name, bytes),
  read: (name, slice) => read(join(path, name), slice),
});
