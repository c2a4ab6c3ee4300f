import type { PatchSpec } from '@syncline/events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PlacedObject } from '../objects/rendering.js';
import { objectsOf } from '../objects/unfold.js';
import { RenderError } from '../render-error.js';
import { readDocuments } from '../yaml/documents.js';
import type { KustomizeOptions } from './build.js';
import { shorten } from './explain.js';
import { runKustomize } from './run.js';

/** JSON is YAML: an overlay over the objects, in their order. */
const writeOverlay = async (
  folder: string,
  objects: readonly PlacedObject[],
  patches: readonly PatchSpec[],
): Promise<void> => {
  const text = objects.map(({ object }) => JSON.stringify(object)).join('\n---\n');
  const overlay = { resources: ['objects.yaml'], patches, sortOptions: { order: 'fifo' } };
  await writeFile(join(folder, 'objects.yaml'), text, { mode: 0o600 });
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(overlay), { mode: 0o600 });
};

const build = async (
  folder: string,
  options: Omit<KustomizeOptions, 'root'>,
): Promise<readonly PlacedObject[]> => {
  const run = await runKustomize(options.kustomize, folder, options.signal);
  if (run.ok)
    return readDocuments('the patched objects', run.output)
      .flatMap(objectsOf)
      .map(({ object }) => ({ object }));
  const said = shorten(run.said, [await realpath(folder), folder]);
  throw new RenderError('patch-failed', `a patch of spec.placement.overrides does not fit: ${said}`);
};

/** Applies kustomize-style patches (strategic merge or JSON 6902, with target) to objects, by kustomize itself. */
export const patchObjects = async (
  objects: readonly PlacedObject[],
  patches: readonly PatchSpec[],
  options: Omit<KustomizeOptions, 'root'>,
): Promise<readonly PlacedObject[]> => {
  if (patches.length === 0) return objects;
  const folder = await mkdtemp(join(tmpdir(), 'syncline-patch-'));
  try {
    await writeOverlay(folder, objects, patches);
    return await build(folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
