import type { PatchSpec } from '@syncline/events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PlacedObject } from '../objects/rendering.js';
import { refuseIdlePatches } from '../objects/targets.js';
import { objectsOf } from '../objects/unfold.js';
import { RenderError } from '../render-error.js';
import { readDocuments } from '../yaml/documents.js';
import type { KustomizeOptions } from './build.js';
import { shorten } from './explain.js';
import { textsIn, valuesOfPatch } from './redact.js';
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

/** Values of Secrets and the patches themselves, which kustomize may quote. */
const sensitiveIn = (objects: readonly PlacedObject[], patches: readonly PatchSpec[]): readonly string[] =>
  [
    ...objects
      .filter(({ object }) => object.kind === 'Secret')
      .flatMap(({ object }) => [object.data, object.stringData]),
    ...patches.map(({ patch }) => valuesOfPatch(patch)),
  ]
    .flatMap(textsIn)
    .filter((text) => text.length > 3);

const refuse = async (said: string, folder: string, sensitive: readonly string[]): Promise<RenderError> => {
  const reason = shorten({ said, sensitive, roots: [await realpath(folder), folder] });
  return new RenderError('patch-failed', `a patch of spec.placement.overrides does not fit: ${reason}`);
};

/** Applies kustomize-style patches (strategic merge or JSON 6902, with target) to objects, by kustomize itself. */
export const patchObjects = async (
  objects: readonly PlacedObject[],
  patches: readonly PatchSpec[],
  options: Omit<KustomizeOptions, 'root'>,
): Promise<readonly PlacedObject[]> => {
  if (patches.length === 0) return objects;
  refuseIdlePatches(objects, patches);
  const folder = await mkdtemp(join(tmpdir(), 'syncline-patch-'));
  try {
    await writeOverlay(folder, objects, patches);
    const run = await runKustomize(options.kustomize, folder, options.signal);
    if (!run.ok) throw await refuse(run.said, folder, sensitiveIn(objects, patches));
    const documents = readDocuments('the patched objects', run.output);
    return documents.flatMap(objectsOf).map(({ object }) => ({ object }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
