import { CommandRefused } from '@syncline/kernel';
import {
  ExportVerifier,
  readCheckpoints,
  readKeys,
  WrongExport,
  type Beside,
  type ExportReport,
} from '@syncline/log-proofs';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

import { verifyArchive } from '@syncline/archive';
import {
  isArchive,
  verifyEvidence,
  WrongEvidence,
  type EvidenceReport,
} from '../evidence/verify-evidence.js';
import { isArchivePlace, openPlace } from './archive-place.js';
import { printable } from '../shell/printable.js';
import { dataText, type Format } from '../shell/formats.js';
import type { Surroundings } from '../shell/surroundings.js';

/** What an auditor knows beside the file. */
export type VerifyOptions = {
  readonly output?: Format;
  readonly key?: readonly string[];
  readonly witness?: readonly string[];
};

const readChunkBytes = 256 * 1024;

const unreadable = (file: string, error: unknown): CommandRefused =>
  new CommandRefused(
    'file-unreadable',
    `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
  );

const besideOf = async ({ key = [], witness = [] }: VerifyOptions): Promise<Beside> => {
  const witnessed = [];
  for (const file of witness) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw unreadable(file, error);
    });
    const found = readCheckpoints(text);
    if (found.length === 0) throw new CommandRefused('witness-empty', `${file} holds no checkpoint.`);
    witnessed.push(...found);
  }
  try {
    return { keys: readKeys(key), witnessed };
  } catch (error) {
    throw new CommandRefused(
      'key-malformed',
      `${error instanceof Error ? error.message : String(error)}. syncline log checkpoint shows one.`,
    );
  }
};

const scopeText = ({ scope, messages, size }: ExportReport): string => {
  if (scope.of === 'all') return `All ${messages} messages of the log`;
  if (scope.of === 'changes')
    return `${messages} messages of ${scope.changes.length} changes, out of ${size},`;
  if (scope.of === 'change')
    return `${messages} messages of change ${printable(scope.change)}, out of ${size},`;
  return `Messages ${scope.from} to ${scope.to} of ${size}`;
};

const keyText = ({ key, isKeyGiven }: Pick<ExportReport, 'key' | 'isKeyGiven'>): string =>
  isKeyGiven
    ? `Signed by ${key}, as given.`
    : `Signed by ${key}. Only the file says that this is the log's key: give the one that you know with --key.`;

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const reportText = (report: ExportReport, witnessed: number): string =>
  [
    `${scopeText(report)} are as they were signed. Right are ${counted(report.checkpoints, 'checkpoint')} and ${counted(report.blobs, 'blob')}.`,
    keyText(report),
    ...(witnessed > 0
      ? [`Of ${counted(witnessed, 'checkpoint')} of the witness ${report.witnessed} came by, and agree.`]
      : []),
  ].join('\n');

const isEvidence = async (file: string): Promise<boolean> => {
  const opened = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const { buffer } = await opened.read(new Uint8Array(4), 0, 4, 0);
    return isArchive(buffer);
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await opened.close();
  }
};

const archiveText = (report: EvidenceReport): string =>
  [
    `All ${report.files} files are as they were signed, with ${counted(report.plans, 'plan')}; what they say is in the log at a signed root.`,
    `The statement says ${report.result} of ${report.subjects.map(printable).join(', ') || 'nothing'}.`,
    keyText(report),
  ].join('\n');

const verifyEvidenceFile = async (
  surroundings: Surroundings,
  file: string,
  { output = 'table' }: VerifyOptions,
  beside: Beside,
): Promise<void> => {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const report = verifyEvidence(bytes, beside);
    surroundings.out(output === 'table' ? archiveText(report) : dataText(report, output));
  } catch (error) {
    if (error instanceof WrongEvidence)
      throw new CommandRefused('evidence-wrong', printable(`${file} ${error.message}.`));
    throw error;
  }
};

const verifyPlace = async (
  surroundings: Surroundings,
  place: string,
  { output = 'table' }: VerifyOptions,
  beside: Beside,
): Promise<void> => {
  const report = await verifyArchive(openPlace(place), { beside });
  if (!report) throw new CommandRefused('archive-empty', `${place} holds no segment of an archive.`);
  surroundings.out(
    output === 'table'
      ? `In ${counted(report.segments, 'segment')}: ${reportText({ ...report, scope: { of: 'all' } }, beside.witnessed?.length ?? 0)}`
      : dataText(report, output),
  );
  if (report.missing > 0)
    throw new CommandRefused(
      'export-incomplete',
      `${report.missing} blobs were not in the store when they were archived.`,
    );
};

/** Verifies an export, an archive of the log, or an archive of evidence: with its bytes, and what is given beside it, alone. */
export const verifyExport = async (
  surroundings: Surroundings,
  file: string,
  options: VerifyOptions,
): Promise<void> => {
  const beside = await besideOf(options);
  if (await isArchivePlace(file)) return verifyPlace(surroundings, file, options, beside);
  if (await isEvidence(file)) return verifyEvidenceFile(surroundings, file, options, beside);
  const verifier = new ExportVerifier(beside);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: readChunkBytes }))
      verifier.push(chunk as Uint8Array);
    const report = verifier.finish();
    const { output = 'table' } = options;
    surroundings.out(
      output === 'table' ? reportText(report, beside.witnessed?.length ?? 0) : dataText(report, output),
    );
    if (report.missing > 0)
      throw new CommandRefused(
        'export-incomplete',
        `${report.missing} blobs were not in the store when the export was made; position ${report.firstMissing ?? 0} names the first.`,
      );
  } catch (error) {
    if (error instanceof WrongExport)
      throw new CommandRefused('export-wrong', printable(`${file} is ${error.message}.`));
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw unreadable(file, error);
    throw error;
  }
};
