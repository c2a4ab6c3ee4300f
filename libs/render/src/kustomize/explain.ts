import { refuseDuplicates } from '../objects/duplicates.js';
import type { PlacedObject } from '../objects/rendering.js';
import { isRenderError, RenderError, type Place } from '../render-error.js';
import type { KustomizeGraph } from './graph.js';

const secretsOut = (text: string): string => text.replaceAll(/`[^`]*`/gs, '`…`');

/** The last and most telling part of kustomize's message, without quoted configuration and without paths of this machine. */
export const shorten = (said: string, roots: readonly string[]): string => {
  let text = secretsOut(
    said.replace(/^(?:# [^\n]*\n|Warning:[^\n]*\n)*/, '').replace(/^Error:\s*/, ''),
  ).trim();
  for (const root of roots) text = text.replaceAll(`${root}/`, '').replaceAll(root, '.');
  const telling =
    text.split(/: (?=recursed |accumulating resources(?: from)?|accumulation err=)/).at(-1) ?? text;
  return telling.replaceAll(/\s+/g, ' ').slice(0, 500);
};

const kustomizationLine = (graph: KustomizeGraph, pattern: (text: string) => boolean): Place | undefined => {
  for (const { document } of graph.kustomizations) {
    const patches = (document.value as Record<string, unknown>).patches;
    if (!Array.isArray(patches)) continue;
    const index = patches.findIndex((patch) => pattern(JSON.stringify(patch)));
    if (index >= 0) return { file: document.file, line: document.lineOf(['patches', index]) };
  }
  return undefined;
};

/** Where a strategic merge patch that fits nothing stands: kustomize names the object that it looked for. */
const patchPlace = (graph: KustomizeGraph, said: string): Place | undefined => {
  const name = /no resource matches strategic merge patch "[^"/]*\/([^"]+?)\.[^".]*"/.exec(said)?.[1];
  const path = /does not apply: .*?(\/[^\s:']+)/.exec(said)?.[1];
  if (name !== undefined) return kustomizationLine(graph, (patch) => patch.includes(name));
  return path === undefined ? undefined : kustomizationLine(graph, (patch) => patch.includes(path));
};

const duplicateOf = (said: string, objects: readonly PlacedObject[]): RenderError | undefined => {
  if (!said.includes('already registered id')) return undefined;
  try {
    refuseDuplicates(objects, '');
  } catch (error) {
    if (isRenderError(error)) return error;
    throw error;
  }
  return undefined;
};

/**
 * Puts what kustomize says into a refusal with file and line: two files with one object where it is that, else the patch that it is
 * about, else the first file that it names, else the kustomization itself.
 */
export const explainFailure = (
  said: string,
  graph: KustomizeGraph,
  objects: readonly PlacedObject[],
  roots: readonly string[],
): RenderError => {
  const duplicate = duplicateOf(said, objects);
  if (duplicate !== undefined) return duplicate;
  const named = objects.find(({ place }) => place !== undefined && said.includes(`'${place.file}'`))?.place;
  const own = graph.kustomizations[0]?.document;
  const fallback = own === undefined ? {} : { file: own.file, line: own.lineOf([]) };
  const place = patchPlace(graph, said) ?? named ?? fallback;
  return new RenderError('kustomize-failed', `kustomize: ${shorten(said, roots)}`, place);
};
