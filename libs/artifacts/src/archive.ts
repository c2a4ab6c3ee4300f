import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { extract, type Extract, type Header } from 'tar-stream';

import { ArtifactError } from './artifact-error.js';
import { limits as usual, type Limits } from './limits.js';

/** A plain file of an archive. */
export type ArchivedFile = { readonly path: string; readonly bytes: Uint8Array };

const refuse = (reason: string): ArtifactError => new ArtifactError('corrupt', `the archive ${reason}`);

/** A path that stays below where it is unpacked; undefined for the archive's root. */
const safePath = (name: string): string | undefined => {
  // eslint-disable-next-line no-control-regex
  if (name.startsWith('/') || /[\\\u0000-\u001f]/.test(name))
    throw refuse(`holds a path that leads out of it`);
  const names = name.split('/').filter((each) => each !== '' && each !== '.');
  if (names.includes('..')) throw refuse(`holds a path that leads out of it`);
  return names.length === 0 ? undefined : names.join('/');
};

const kinds: Readonly<Partial<Record<NonNullable<Header['type']>, string>>> = {
  link: 'a hard link',
  symlink: 'a symbolic link',
  'character-device': 'a device',
  'block-device': 'a device',
  fifo: 'a pipe',
};

/** What an archive says of one of its entries; undefined where it holds no file. */
const fileOf = ({ name, type }: Header): string | undefined => {
  const path = safePath(name);
  const kind = kinds[type];
  if (kind !== undefined) throw refuse(`holds ${kind} (${path ?? '.'}), which is not followed`);
  return type === 'file' || type === 'contiguous-file' ? path : undefined;
};

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const readEntries = async (entries: Extract, limits: Limits): Promise<readonly ArchivedFile[]> => {
  const files = new Map<string, ArchivedFile>();
  let size = 0;
  for await (const entry of entries) {
    const path = fileOf(entry.header);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) {
      size += (chunk as Buffer).length;
      if (size > limits.unpackedBytes)
        throw new ArtifactError(
          'too-large',
          `the archive unpacks to more than ${limits.unpackedBytes / 1024 / 1024} MiB`,
        );
      chunks.push(chunk as Buffer);
    }
    if (path === undefined) continue;
    files.set(path, { path, bytes: Buffer.concat(chunks) });
    if (files.size > limits.unpackedFiles)
      throw new ArtifactError('too-large', `the archive holds more than ${limits.unpackedFiles} files`);
  }
  return [...files.values()];
};

/**
 * Reads an archive (tar, gzipped or not) without writing anything: plain files only, by paths that stay in it, within bounds.
 * Throws {@link ArtifactError} on links, devices, paths that lead out, and what is no archive.
 */
export const readArchive = async (
  bytes: Uint8Array,
  limits: Limits = usual,
): Promise<readonly ArchivedFile[]> => {
  const tar = extract();
  const source = Readable.from([Buffer.from(bytes)]);
  const unpacked = isGzip(bytes) ? pipeline(source, createGunzip(), tar) : pipeline(source, tar);
  try {
    const [files] = await Promise.all([readEntries(tar, limits), unpacked]);
    if (files.length === 0) throw refuse('is empty');
    return files;
  } catch (error) {
    unpacked.catch(() => undefined);
    tar.destroy();
    if (error instanceof ArtifactError) throw error;
    throw new ArtifactError('corrupt', 'is no archive that can be read', error);
  }
};
