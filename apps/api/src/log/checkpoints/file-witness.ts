import { splitNotes } from '@syncline/log-proofs';
import { appendFile, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Witness } from './witnesses.js';

const mostNoteBytes = 16 * 1024;

/** A file that every checkpoint is appended to, with an empty line behind it: on another disk, or one that only takes appends. */
export const fileWitness = (path: string): Witness => ({
  name: `the file ${path}`,
  last: async () => {
    const file = await open(path, 'r').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (!file) return undefined;
    try {
      const { size } = await file.stat();
      const begin = Math.max(0, size - mostNoteBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - begin), 0, size - begin, begin);
      return splitNotes(buffer.subarray(0, bytesRead).toString('utf8')).at(-1);
    } finally {
      await file.close();
    }
  },
  keep: async (note) => {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, `${note}\n`, { mode: 0o644, flush: true });
  },
});
