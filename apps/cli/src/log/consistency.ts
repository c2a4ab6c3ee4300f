import { CommandRefused } from '@syncline/kernel';
import {
  openCheckpoint,
  parseVerifier,
  readCheckpoints,
  splitNotes,
  verifyConsistency,
} from '@syncline/log-proofs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

const newest = z.looseObject({ size: z.number(), key: z.string(), note: z.string() });
const proof = z.looseObject({ path: z.array(z.string()) });

/** Asks for the proof that the log begins with what a witness was shown last, and checks it here. */
export const checkConsistency = async (
  surroundings: Surroundings,
  file: string,
  options: CommonOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandRefused('file-unreadable', `${file} cannot be read (${why}).`);
  });
  const [note, kept] = [splitNotes(text).at(-1), readCheckpoints(text).at(-1)];
  if (note === undefined || !kept) throw new CommandRefused('witness-empty', `${file} holds no checkpoint.`);
  const api = await session.api();
  const now = await api.get('/v1/log/checkpoint', newest);
  const verifier = parseVerifier(now.key);
  const head = openCheckpoint(now.note, verifier ? [verifier] : []);
  if (head?.signedBy.length !== 1 || head.origin !== kept.origin)
    throw new CommandRefused(
      'log-wrong',
      `The newest checkpoint is not one of ${kept.origin}, signed by its key.`,
    );
  if (head.size < kept.size)
    throw new CommandRefused(
      'log-wrong',
      `The witness has a checkpoint over ${kept.size} messages, and the log one over ${head.size}.`,
    );
  const { path } = await api.get(`/v1/log/consistency?from=${kept.size}&to=${head.size}`, proof);
  const hashes = path.map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
  if (
    !verifyConsistency({ small: kept.size, smallRoot: kept.root, size: head.size, root: head.root }, hashes)
  )
    throw new CommandRefused(
      'log-wrong',
      `The log of ${head.size} messages does not begin with the ${kept.size} that the witness was shown.`,
    );
  session.show(
    { from: { note }, to: { note: now.note }, path },
    () => `The log of ${head.size} messages begins with the ${kept.size} that the witness was shown.`,
  );
};
