import { sha256Hex } from '@syncline/kernel';
import {
  ExportVerifier,
  fromBase64,
  parseNote,
  parseVerifier,
  preAuthenticated,
  signersOf,
  isSignedBy,
  WrongExport,
  type Beside,
  type ExportReport,
  type Verifier,
} from '@syncline/log-proofs';
import { unzipSync } from 'fflate';
import { z } from 'zod';

/** What is wrong with an archive, and in which of its files. */
export class WrongEvidence extends Error {
  override readonly name = 'WrongEvidence';
}

/** What an archive that is right holds. */
export type EvidenceReport = {
  readonly files: number;
  readonly plans: number;
  /** What the signed statement says: PASSED or FAILED, and of what. */
  readonly result: string;
  readonly subjects: readonly string[];
  readonly exports: readonly ExportReport[];
  readonly key: string;
  readonly isKeyGiven: boolean;
};

type Files = Readonly<Record<string, Uint8Array>>;

const mostBytes = 1024 * 1024 * 1024;
const mostFiles = 100_000;
const decoder = new TextDecoder();

/** How a ZIP archive begins (APPNOTE, "Local file header"). */
export const isArchive = (begin: Uint8Array): boolean =>
  begin[0] === 0x50 && begin[1] === 0x4b && begin[2] === 3 && begin[3] === 4;

const unpack = (archive: Uint8Array): Files => {
  let bytes = 0;
  let files = 0;
  const filter = ({ originalSize }: { readonly originalSize: number }): boolean => {
    bytes += originalSize;
    files += 1;
    if (bytes > mostBytes || files > mostFiles)
      throw new WrongEvidence('holds more than an archive of evidence can');
    return true;
  };
  try {
    return unzipSync(archive, { filter });
  } catch (error) {
    if (error instanceof WrongEvidence) throw error;
    throw new WrongEvidence(`cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const textOf = (files: Files, path: string): string => {
  const bytes = files[path];
  if (!bytes) throw new WrongEvidence(`has no ${path}`);
  return decoder.decode(bytes);
};

const unsummed = new Set(['SHA256SUMS', 'SHA256SUMS.note']);

const checkSums = (files: Files): void => {
  const lines = textOf(files, 'SHA256SUMS').split('\n').slice(0, -1);
  const sums = new Map(lines.map((line): [string, string] => [line.slice(66), line.slice(0, 64)]));
  for (const [path, bytes] of Object.entries(files)) {
    if (unsummed.has(path)) continue;
    const wanted = sums.get(path);
    if (wanted === undefined) throw new WrongEvidence(`holds ${path}, which SHA256SUMS does not name`);
    if (wanted !== sha256Hex(bytes)) throw new WrongEvidence(`is changed: ${path} has another digest`);
    sums.delete(path);
  }
  const [missing] = sums.keys();
  if (missing !== undefined) throw new WrongEvidence(`is not whole: ${missing} is missing`);
};

const checkNames = (files: Files): number => {
  const named = Object.entries(files).filter(([path]) => /^(?:plans|manifests)\//.test(path));
  for (const [path, bytes] of named)
    if (path.split('/')[1] !== `${sha256Hex(bytes)}.json`)
      throw new WrongEvidence(`is changed: the bytes of ${path} have another digest than its name`);
  return named.filter(([path]) => path.startsWith('plans/')).length;
};

const checkExport = (path: string, bytes: Uint8Array, beside: Beside): ExportReport => {
  const verifier = new ExportVerifier(beside);
  try {
    verifier.push(bytes);
    return verifier.finish();
  } catch (error) {
    if (error instanceof WrongExport) throw new WrongEvidence(`is wrong: ${path} is ${error.message}`);
    throw error;
  }
};

const envelope = z.object({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.object({ sig: z.string() })),
});
const statement = z.looseObject({
  subject: z.array(z.looseObject({ name: z.string() })),
  predicate: z.looseObject({ verificationResult: z.string() }),
});

const checkStatement = (files: Files, key: Verifier): z.infer<typeof statement> => {
  const wrong = new WrongEvidence('is changed: statement.dsse.json is not signed by the key of the log');
  try {
    const { payloadType, payload, signatures } = envelope.parse(
      JSON.parse(textOf(files, 'statement.dsse.json')),
    );
    const text = Buffer.from(payload, 'base64').toString('utf8');
    const signed = preAuthenticated(payloadType, text);
    const isSigned = signatures.some(({ sig }) =>
      isSignedBy(key, signed, fromBase64(sig) ?? new Uint8Array()),
    );
    if (!isSigned) throw wrong;
    return statement.parse(JSON.parse(text));
  } catch (error) {
    throw error instanceof WrongEvidence ? error : wrong;
  }
};

const checkNote = (files: Files, key: Verifier): void => {
  const note = parseNote(textOf(files, 'SHA256SUMS.note'));
  const isSigned = note?.text === textOf(files, 'SHA256SUMS') && (signersOf(note, [key])?.length ?? 0) > 0;
  if (!isSigned) throw new WrongEvidence('is changed: SHA256SUMS is not as the key of the log signed it');
};

/** Checks an archive with its bytes, and what is known beside it, alone. Throws {@link WrongEvidence}. */
export const verifyEvidence = (archive: Uint8Array, beside: Beside): EvidenceReport => {
  const files = unpack(archive);
  checkSums(files);
  const plans = checkNames(files);
  const logs = Object.entries(files).filter(([path]) => path.startsWith('log/'));
  const exports = logs.map(([path, bytes]) => checkExport(path, bytes, beside));
  const [first] = exports;
  const key = first && parseVerifier(first.key);
  if (!first || !key) throw new WrongEvidence('holds nothing of the log');
  checkNote(files, key);
  const { subject, predicate } = checkStatement(files, key);
  return {
    ...{ files: Object.keys(files).length, plans, exports, key: first.key },
    result: predicate.verificationResult,
    subjects: subject.map(({ name }) => name),
    isKeyGiven: exports.every(({ isKeyGiven }) => isKeyGiven),
  };
};
