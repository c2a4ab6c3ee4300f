import { splitNotes } from '@syncline/log-proofs';
import { appendFile, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Witness } from './witnesses.js';

const mostNoteBytes = 16 * 1024;

const tailOf = async (path: string): Promise<string> => {
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const begin = Math.max(0, size - mostNoteBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - begin), 0, size - begin, begin);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
};

/** A file that every checkpoint is appended to, with an empty line behind it: on another disk, or one that only takes appends. */
export const fileWitness = (path: string): Witness => ({
  name: `the file ${path}`,
  last: async () => {
    const tail = await tailOf(path);
    const last = splitNotes(tail).at(-1);
    // Whoever keeps groceries there is no witness of ours.
    if (last === undefined && tail.trim() !== '') throw new Error('what it holds is no checkpoint');
    return last;
  },
  keep: async (note) => {
    await mkdir(dirname(path), { recursive: true });
    const tail = await tailOf(path);
    // A write that was cut off by a full disk is ended first.
    const end = tail === '' || tail.endsWith('\n\n') ? '' : '\n\n';
    await appendFile(path, `${end}${note}\n`, { mode: 0o644, flush: true });
  },
});
