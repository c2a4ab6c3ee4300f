import { fromBase64, toBase64 } from './base64.js';
import { isKeyName, isSignedBy, type Signer, type Verifier } from './keys.js';

/** A note whose signatures were not looked at yet (C2SP signed-note). */
export type Note = {
  /** The signed text, with its last line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};
/** One signature of a note: whose it says it is, and its bytes. */
export type NoteSignature = {
  readonly name: string;
  readonly keyHash: Uint8Array;
  readonly signature: Uint8Array;
};

const mostSignatures = 100;
const mostLength = 1_000_000;
/** Four bytes name the key; no kind of signature has fewer than 64 (C2SP signed-note). */
const shortest = 4 + 64;
const dash = '\u2014 ';

const isText = (text: string): boolean =>
  // eslint-disable-next-line no-control-regex
  text.endsWith('\n') && !/[\u0000-\u0009\u000b-\u001f]/.test(text) && text.isWellFormed();

/** Signs a text, which ends with a line feed and has no other control characters. Throws TypeError on any other. */
export const signNote = (text: string, signers: readonly Signer[]): string => {
  if (!isText(text))
    throw new TypeError('a note is text that ends with a line feed, without control characters');
  const lines = signers.map(({ verifier: { name, keyHash }, sign }) => {
    return `${dash}${name} ${toBase64(Uint8Array.from([...keyHash, ...sign(text)]))}\n`;
  });
  return `${text}\n${lines.join('')}`;
};

const parseSignature = (line: string): NoteSignature | undefined => {
  if (!line.startsWith(dash)) return undefined;
  const [name = '', base64 = '', ...more] = line.slice(dash.length).split(' ');
  const bytes = fromBase64(base64);
  if (more.length > 0 || !isKeyName(name) || !bytes || bytes.length < shortest) return undefined;
  return { name, keyHash: bytes.slice(0, 4), signature: bytes.slice(4) };
};

/** Reads a note; nothing where the text is none. */
export const parseNote = (note: string): Note | undefined => {
  const split = note.lastIndexOf('\n\n');
  if (note.length > mostLength || split < 0 || !isText(note)) return undefined;
  const lines = note.slice(split + 2).split('\n');
  lines.pop();
  if (lines.length === 0 || lines.length > mostSignatures) return undefined;
  const signatures = lines.map(parseSignature);
  if (!signatures.every((one) => one !== undefined)) return undefined;
  return { text: note.slice(0, split + 1), signatures };
};

const isOf = (verifier: Verifier, { name, keyHash }: NoteSignature): boolean =>
  verifier.name === name && verifier.keyHash.every((byte, at) => byte === keyHash[at]);

/**
 * Those of the verifiers that have signed a note. Signatures of others are passed over; nothing where one that names a
 * verifier is not the verifier's (C2SP signed-note, "Verifying").
 */
export const signersOf = (
  { text, signatures }: Note,
  verifiers: readonly Verifier[],
): readonly Verifier[] | undefined => {
  const found: Verifier[] = [];
  for (const verifier of verifiers) {
    const own = signatures.find((one) => isOf(verifier, one));
    if (!own) continue;
    if (!isSignedBy(verifier, text, own.signature)) return undefined;
    found.push(verifier);
  }
  return found;
};
