import type { ExportReport } from '@syncline/log-proofs';

import { ArchiveError } from './archive-error.js';
import type { ArchiveStore } from './archive-store.js';
import { segmentName, type ArchiveEnd, type SegmentFile } from './segments.js';
import { endOfArchive } from './verify-archive.js';
import { verifiedSegment } from './verify-segment.js';

/** What archiving takes. */
export type Archiving = {
  readonly store: ArchiveStore;
  /** Where the archive ended when this process looked last; read from it where nothing is said. */
  readonly end?: ArchiveEnd;
  /** The bytes of the segment behind so many messages, up to a signed checkpoint; nothing where none was signed since. */
  readonly next: (after: number) => Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Told of each segment that was added. */
  readonly onSegment?: (file: SegmentFile, report: ExportReport) => void;
  readonly signal?: AbortSignal;
};

/** What a run has added, and where the archive ends now; nothing where it is still empty. */
export type Archived = { readonly segments: number; readonly end: ArchiveEnd | undefined };

/** A segment that another process adds at the same time is taken as it is; more often than this it is no accident. */
const mostOvertaken = 100;

/**
 * Adds to an archive what was signed since its end. Each segment is verified while it is written, and stands in the archive
 * whole or not at all, so a run that ended in its middle is continued by the next. Throws ArchiveError.
 */
export const archiveLog = async ({
  store,
  end: known,
  next,
  onSegment,
  signal,
}: Archiving): Promise<Archived> => {
  let end = known ?? (await endOfArchive(store));
  let segments = 0;
  for (let overtaken = 0; signal?.aborted !== true;) {
    const from = (end?.size ?? 0) + 1;
    const bytes = await next(from - 1);
    if (!bytes) break;
    const file = { name: segmentName(from), from };
    let report: ExportReport | undefined;
    const isOurs = await store.write(
      file.name,
      verifiedSegment(bytes, { file, before: end }, (found) => (report = found)),
    );
    if (isOurs && report) {
      segments += 1;
      end = { origin: report.origin, size: report.size, root: report.root };
      onSegment?.(file, report);
      continue;
    }
    overtaken += 1;
    if (overtaken > mostOvertaken)
      throw new ArchiveError(
        'archive-refused',
        `${store.place} is written by others all the time`,
        file.name,
      );
    end = await endOfArchive(store);
  }
  return { segments, end };
};
