import type { TreeRoot } from '@syncline/log-proofs';

import { ArchiveError } from './archive-error.js';
import type { ArchiveStore } from './archive-store.js';

const nameOf = /^(\d{12})\.segment$/;

/** A file of an archive: the messages from a sequence on, up to the next signed checkpoint that was chosen. */
export type SegmentFile = { readonly name: string; readonly from: number };

/** The name of the segment that begins with a message: there can be one alone, whoever writes it. */
export const segmentName = (from: number): string => `${String(from).padStart(12, '0')}.segment`;

/** The segments of an archive in their order, as their names say; other files are passed over. */
export const segmentFiles = async (store: ArchiveStore): Promise<readonly SegmentFile[]> =>
  (await store.list()).flatMap((name) => {
    const [, from] = nameOf.exec(name) ?? [];
    return from === undefined ? [] : [{ name, from: Number(from) }];
  });

/** What an archive, or a segment of it, leads to. */
export type ArchiveEnd = TreeRoot & { readonly origin: string };

/** Something in an archive is not what was signed. `position` is the first message that is wrong, or not proven. */
export class WrongArchive extends ArchiveError {
  constructor(
    file: string,
    readonly position: number,
    readonly reason: string,
  ) {
    super('archive-wrong', `${file} is wrong at position ${position}: ${reason}`, file);
  }
}
