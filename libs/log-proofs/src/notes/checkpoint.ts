import type { Hash } from '../tree/hashes.js';
import { fromBase64, toBase64 } from './base64.js';
import { isKeyName, parseVerifier, formatVerifier, type Signer, type Verifier } from './keys.js';
import { parseNote, signersOf, signNote } from './signed-note.js';

/** What a checkpoint says: the tree of this log, when it had so many leaves, had this root (C2SP tlog-checkpoint). */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash };

/** The text of a checkpoint, as it is signed. Throws TypeError where the origin cannot be the name of a key. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string => {
  if (!isKeyName(origin)) throw new TypeError(`${JSON.stringify(origin)} cannot be the origin of a log`);
  return `${origin}\n${size}\n${toBase64(root)}\n`;
};

/** Reads the text of a checkpoint; lines behind the third are passed over. Nothing where it is none. */
export const parseCheckpointText = (text: string): Checkpoint | undefined => {
  const [origin = '', size = '', base64 = ''] = text.split('\n');
  const root = fromBase64(base64);
  if (origin === '' || !/^(?:0|[1-9]\d{0,14})$/.test(size) || root?.length !== 32) return undefined;
  return { origin, size: Number(size), root };
};

/** A checkpoint as a signed note. */
export const signCheckpoint = (checkpoint: Checkpoint, signers: readonly Signer[]): string =>
  signNote(checkpointText(checkpoint), signers);

/** A checkpoint that was opened: what it says, and who of the verifiers signed it. */
export type OpenedCheckpoint = Checkpoint & { readonly signedBy: readonly Verifier[] };

/** Opens a signed checkpoint; nothing where it is none, or a signature of one of the verifiers is wrong. */
export const openCheckpoint = (
  text: string,
  verifiers: readonly Verifier[],
): OpenedCheckpoint | undefined => {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpointText(note.text);
  const signedBy = note && signersOf(note, verifiers);
  return checkpoint && signedBy && { ...checkpoint, signedBy };
};

/** The signed checkpoints of a text that holds one behind the other, with empty lines between. What is not whole is left out. */
export const splitNotes = (text: string): readonly string[] =>
  (text.match(/(?:[^\n]+\n){3,}\n(?:\u2014 [^\n]*\n)+/g) ?? []).filter(
    (note) => openCheckpoint(note, []) !== undefined,
  );

/** The checkpoints of a text of notes, as they stand there; their signatures were not looked at. */
export const readCheckpoints = (text: string): readonly Checkpoint[] =>
  splitNotes(text).flatMap((note) => openCheckpoint(note, []) ?? []);

const announcementTitle = 'syncline.dev/checkpoint-key/v1';

/** A note by which a key of a log is announced: it signs for itself, and the key before it signs it. */
export const announceKey = (next: Signer, previous?: Signer): string =>
  signNote(`${announcementTitle}\n${next.verifier.name}\n${formatVerifier(next.verifier)}\n`, [
    ...(previous ? [previous] : []),
    next,
  ]);

/** The key that a note announces, where that key and the one before it, if there is one, have signed it. */
export const openAnnouncement = (text: string, previous?: Verifier): Verifier | undefined => {
  const note = parseNote(text);
  const [title, origin, key = ''] = note?.text.split('\n') ?? [];
  const next = parseVerifier(key);
  if (!note || title !== announcementTitle || !next || next.name !== origin) return undefined;
  const needed = previous ? [previous, next] : [next];
  return signersOf(note, needed)?.length === needed.length ? next : undefined;
};
