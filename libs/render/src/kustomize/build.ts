import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

import type { PlacedObject } from '../objects/rendering.js';
import { readObjectFiles } from '../objects/read-objects.js';
import { objectsOf } from '../objects/unfold.js';
import { isRenderError, RenderError } from '../render-error.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments } from '../yaml/documents.js';
import { explainFailure } from './explain.js';
import { walkKustomization, type KustomizeGraph } from './graph.js';
import { sensitiveTexts } from './redact.js';
import { runKustomize } from './run.js';

/** What a build needs besides the tree: where it lies on disk, and the binary. */
export type KustomizeOptions = {
  readonly root: string;
  readonly kustomize: string;
  readonly signal?: AbortSignal;
};

/** kustomize's output as documents of the file that stands for the whole build. */
const readOutput = (output: string, graph: KustomizeGraph): readonly PlacedObject[] => {
  const file = graph.kustomizations[0]?.document.file ?? 'kustomization.yaml';
  return readDocuments(file, output)
    .flatMap((document) => objectsOf({ ...document, lineOf: () => 1 }))
    .map(({ object }) => ({ object, findPlace: () => ({ file, line: 1 }) }));
};

/** What a run took too much of, it says itself; where it stands is the kustomization that was built. */
const placed = (error: unknown, graph: KustomizeGraph): unknown => {
  const file = graph.kustomizations[0]?.document.file;
  if (!isRenderError(error) || file === undefined) return error;
  return new RenderError(error.code, error.message, { file, line: 1, cause: error });
};

/**
 * Builds a folder with kustomize. All that the kustomization reaches is looked at before anything runs: what is absent, remote, a
 * plugin, or no valid object is refused with its file and line. Throws {@link RenderError}.
 */
export const buildKustomization = async (
  tree: TreeReader,
  folder: string,
  { root, kustomize, signal }: KustomizeOptions,
): Promise<readonly PlacedObject[]> => {
  const graph = await walkKustomization(tree, folder);
  const [fault] = graph.faults;
  if (fault !== undefined) throw fault;
  const sources = await readObjectFiles(tree, graph.objectFiles);
  const run = await runKustomize(kustomize, join(root, folder), signal).catch((error: unknown) => {
    throw placed(error, graph);
  });
  if (!run.ok) {
    const sensitive = await sensitiveTexts(tree, graph, sources);
    throw explainFailure({ said: run.said, sensitive, roots: [await realpath(root), root] }, graph, sources);
  }
  return readOutput(run.output, graph);
};
