import {
  ExportVerifier,
  WrongExport,
  type Beside,
  type ExportReport,
  type VerifiedSink,
} from '@syncline/log-proofs';

import { WrongArchive, type ArchiveEnd, type SegmentFile } from './segments.js';

/** How a segment is looked at: what stands before it, what is known beside it, and who reads along. */
export type SegmentCheck = {
  readonly file: SegmentFile;
  /** Where the archive ends before this segment; nothing for the first one. */
  readonly before: ArchiveEnd | undefined;
  readonly beside?: Beside;
  readonly sink?: VerifiedSink;
  /** Awaited after each piece: who reads along may be slower. */
  readonly settled?: () => Promise<void>;
};

/** Whether a segment that is right by itself continues what stands before it. */
const refuseOther = ({ file, before }: SegmentCheck, report: ExportReport): void => {
  const { scope } = report;
  if (scope.of !== 'segment') throw new WrongArchive(file.name, 1, 'it is an export, and no segment');
  if (scope.from !== file.from)
    throw new WrongArchive(
      file.name,
      scope.from,
      `it holds messages ${scope.from} to ${scope.to}, and not those from ${file.from} on`,
    );
  if (before && before.origin !== report.origin)
    throw new WrongArchive(
      file.name,
      scope.from,
      `it is of the log ${report.origin}, and those before it are of ${before.origin}`,
    );
  if (before && before.root !== report.before?.root)
    throw new WrongArchive(
      file.name,
      scope.from,
      `it continues another log than that of the ${before.size} messages before it`,
    );
};

/** Hands the bytes of a segment on as they come, and throws WrongArchive before they end where they are not right. */
export async function* verifiedSegment(
  bytes: AsyncIterable<Uint8Array>,
  check: SegmentCheck,
  done: (report: ExportReport) => void,
): AsyncGenerator<Uint8Array> {
  const { file, before, beside, sink, settled } = check;
  const verifier = new ExportVerifier(beside, sink);
  try {
    for await (const chunk of bytes) {
      verifier.push(chunk);
      await settled?.();
      yield chunk;
    }
    const report = verifier.finish();
    refuseOther({ file, before }, report);
    done(report);
  } catch (error) {
    if (error instanceof WrongExport) throw new WrongArchive(file.name, error.position, error.reason);
    throw error;
  }
}

/** Reads a segment to its end. Throws WrongArchive. */
export const verifySegment = async (
  bytes: AsyncIterable<Uint8Array>,
  check: SegmentCheck,
): Promise<ExportReport> => {
  let found: ExportReport | undefined;
  const pieces = verifiedSegment(bytes, check, (report) => (found = report));
  while ((await pieces.next()).done !== true);
  if (!found) throw new WrongArchive(check.file.name, check.file.from, 'it ends without a word');
  return found;
};
