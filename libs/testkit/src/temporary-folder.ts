import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder of the test's own, and how to remove it with all that is in it. */
export type TemporaryFolder = { readonly path: string; readonly remove: () => Promise<void> };

/** Makes a folder under the system's temporary one, or another. */
export const temporaryFolder = async (name: string, parent = tmpdir()): Promise<TemporaryFolder> => {
  const path = await mkdtemp(join(parent, `syncline-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
};
