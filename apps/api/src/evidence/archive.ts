import { sha256Hex } from '@syncline/kernel';
import { signNote, type Signer } from '@syncline/log-proofs';
import { zipSync } from 'fflate';

/** Files by path. */
export type Files = Readonly<Record<string, Uint8Array>>;

const encoder = new TextEncoder();
/** The same facts give the same bytes: no file has a time of its own. ZIP has no zone and begins with 1980. */
const mtime = new Date(1980, 0, 1);

/** The digest of each file, as `sha256sum -c` reads them. */
export const sumsOf = (files: Files): string =>
  Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => `${sha256Hex(bytes)}  ${path}\n`)
    .join('');

/** One ZIP archive: the files, their digests, and these digests as a note (C2SP signed-note) of the key that signs checkpoints. */
export const signedArchive = (files: Files, signer: Signer): Uint8Array => {
  const sums = sumsOf(files);
  const signed = {
    ...files,
    SHA256SUMS: encoder.encode(sums),
    'SHA256SUMS.note': encoder.encode(signNote(sums, [signer])),
  };
  return zipSync(signed, { mtime, level: 6 });
};
