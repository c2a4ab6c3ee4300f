import type { Beside, ExportReport, VerifiedSink } from '@syncline/log-proofs';

import type { ArchiveStore } from './archive-store.js';
import { segmentFiles, segmentName, WrongArchive, type ArchiveEnd, type SegmentFile } from './segments.js';
import { verifySegment } from './verify-segment.js';

/** What of an archive is right. */
export type ArchiveReport = Pick<
  ExportReport,
  | 'origin'
  | 'size'
  | 'root'
  | 'messages'
  | 'blobs'
  | 'checkpoints'
  | 'missing'
  | 'witnessed'
  | 'key'
  | 'isKeyGiven'
> & { readonly segments: number };

/** How an archive is read: what is known beside it, and who reads along. */
export type ArchiveReading = {
  readonly beside?: Beside;
  /** Who is told what a segment holds while it is verified. */
  readonly sinkOf?: (file: SegmentFile) => VerifiedSink;
  readonly settled?: () => Promise<void>;
  readonly onSegment?: (file: SegmentFile, report: ExportReport) => void | Promise<void>;
};

const added = (sum: ArchiveReport | undefined, report: ExportReport): ArchiveReport => ({
  ...report,
  segments: (sum?.segments ?? 0) + 1,
  messages: report.size,
  blobs: (sum?.blobs ?? 0) + report.blobs,
  // The one that a segment begins behind was counted with the segment before.
  checkpoints: (sum?.checkpoints ?? 0) + report.checkpoints - (report.before ? 1 : 0),
  missing: (sum?.missing ?? 0) + report.missing,
  witnessed: (sum?.witnessed ?? 0) + report.witnessed,
});

/**
 * Reads an archive from its first segment to its last, of which each continues the one before it; nothing where there is no
 * segment. Throws WrongArchive with the file and the first position that is wrong.
 */
export const verifyArchive = async (
  store: ArchiveStore,
  { beside = {}, sinkOf, settled, onSegment }: ArchiveReading = {},
): Promise<ArchiveReport | undefined> => {
  let [sum, before]: [ArchiveReport | undefined, ArchiveEnd | undefined] = [undefined, undefined];
  for (const file of await segmentFiles(store)) {
    const next = (before?.size ?? 0) + 1;
    if (file.from > next)
      throw new WrongArchive(segmentName(next), next, `it is missing, and ${file.name} follows`);
    if (file.from < next)
      throw new WrongArchive(file.name, file.from, `the segment before it goes up to ${next - 1}`);
    const report = await verifySegment(store.read(file.name), {
      ...{ file, before, beside },
      ...(sinkOf && { sink: sinkOf(file) }),
      ...(settled && { settled }),
    });
    const { origin, size, root } = report;
    before = { origin, size, root };
    sum = added(sum, report);
    await onSegment?.(file, report);
  }
  return sum;
};

/** Where an archive ends, by its last segment alone; nothing where it has none. Throws WrongArchive. */
export const endOfArchive = async (
  store: ArchiveStore,
  beside: Beside = {},
): Promise<ArchiveEnd | undefined> => {
  const file = (await segmentFiles(store)).at(-1);
  if (!file) return undefined;
  const { origin, size, root } = await verifySegment(store.read(file.name), {
    file,
    before: undefined,
    beside,
  });
  return { origin, size, root };
};
