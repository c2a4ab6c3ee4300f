import { folderStore, type ArchiveStore } from '@syncline/archive';
import { CommandRefused } from '@syncline/kernel';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The archive at a place as people type it: a folder. */
export const openPlace = (place: string): ArchiveStore => {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place))
    throw new CommandRefused('place-unknown', `${place} is no folder. Give the path of one.`);
  return folderStore(resolve(place));
};

/** Whether a text names an archive rather than a file. */
export const isArchivePlace = (text: string): Promise<boolean> =>
  stat(text).then(
    (found) => found.isDirectory(),
    () => false,
  );
