import { refuseDuplicates } from '../objects/duplicates.js';
import type { PlacedObject } from '../objects/rendering.js';
import { isRenderError, RenderError, type Place } from '../render-error.js';
import type { KustomizeGraph } from './graph.js';
import { redact } from './redact.js';
import { isMapping, writtenAt } from './written.js';

/** What is known besides the message: what may not be quoted, and the folders of this machine to leave out. */
export type Failure = {
  readonly said: string;
  readonly sensitive: readonly string[];
  readonly roots: readonly string[];
};

/** The last and most telling part of kustomize's message, without what is quoted and without paths of this machine. */
export const shorten = ({ said, sensitive, roots }: Failure): string => {
  const withoutWarnings = said.replace(/^(?:(?:# |Warning:)[^\n]*\n)*/, '').replace(/^Error:\s*/, '');
  let text = redact(withoutWarnings.trim(), sensitive);
  for (const root of roots) text = text.replaceAll(`${root}/`, '').replaceAll(root, '.');
  const telling =
    text.split(/: (?=recursed |accumulating resources(?: from)?|accumulation err=)/).at(-1) ?? text;
  return telling.replaceAll(/\s+/g, ' ').slice(0, 500);
};

/** Finds the entry of a field that holds a text. */
const findEntry = (graph: KustomizeGraph, field: string, text: string): Place | undefined => {
  for (const { document } of graph.kustomizations) {
    if (!isMapping(document.value)) continue;
    const entry = writtenAt(document.value, field).find(({ value }) => JSON.stringify(value).includes(text));
    if (entry !== undefined) return { file: document.file, line: document.lineOf(entry.path) };
  }
  return undefined;
};

/** How kustomize words what is wrong with an entry, and the field in which the entry stands. */
const wordings: readonly { readonly pattern: RegExp; readonly fields: readonly string[] }[] = [
  {
    pattern: /no resource matches strategic merge patch "[^"/]*\/([^"]+?)\.[^".]*"/,
    fields: ['patches', 'patchesStrategicMerge'],
  },
  { pattern: /does not apply: .*?(\/[^\s:']+)/, fields: ['patches', 'patchesJson6902'] },
  {
    pattern: /Name:"([^"]*)"[^}]*\} does not exist; cannot merge or replace/,
    fields: ['configMapGenerator', 'secretGenerator'],
  },
  // Which of several patches it is, kustomize does not say: the first of them.
  {
    pattern: /builtin Patch\w*Transformer()/,
    fields: ['patches', 'patchesJson6902', 'patchesStrategicMerge'],
  },
  { pattern: /nothing selected by [^/]*\/([^.]*)\./, fields: ['replacements'] },
];

const entryPlace = (graph: KustomizeGraph, said: string): Place | undefined => {
  for (const { pattern, fields } of wordings) {
    const text = pattern.exec(said)?.[1];
    if (text === undefined) continue;
    const place = fields.map((field) => findEntry(graph, field, text)).find((found) => found !== undefined);
    if (place !== undefined) return place;
  }
  return undefined;
};

/** A value of the wrong type is named by the field of a Go struct: `Image.images.name`. */
const fieldPlace = (graph: KustomizeGraph, said: string): Place | undefined => {
  const names = /Go struct field ([\w.]+)/.exec(said)?.[1]?.split('.') ?? [];
  for (const { document } of graph.kustomizations) {
    const { value } = document;
    const name = names.find((each) => isMapping(value) && each in value);
    if (name !== undefined) return { file: document.file, line: document.lineOf([name]) };
  }
  return undefined;
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
 * Puts what kustomize says into a refusal with file and line: two files with one object where it is that, else the entry or field of a
 * kustomization that it is about, else the kustomization itself.
 */
export const explainFailure = (
  failure: Failure,
  graph: KustomizeGraph,
  objects: readonly PlacedObject[],
): RenderError => {
  const { said } = failure;
  const duplicate = duplicateOf(said, objects);
  if (duplicate !== undefined) return duplicate;
  const own = graph.kustomizations[0]?.document;
  const fallback = own === undefined ? {} : { file: own.file, line: own.lineOf([]) };
  const place = entryPlace(graph, said) ?? fieldPlace(graph, said) ?? fallback;
  return new RenderError('kustomize-failed', `kustomize: ${shorten(failure)}`, place);
};
