import { metadataOf, type PlacedObject } from '../objects/rendering.js';
import { isRenderError } from '../render-error.js';
import { folderOf, resolvePath } from '../tree/paths.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments } from '../yaml/documents.js';
import type { KustomizeGraph } from './graph.js';
import type { Kustomization } from './kustomization.js';
import { isInline, isMapping, writtenAt, type Mapping } from './written.js';

const shortest = 4;

/** Every text in a value, whole and by its lines. */
export const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value, ...value.split('\n')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

const linesOf = async (tree: TreeReader, path: string | undefined): Promise<readonly string[]> => {
  const text = path === undefined ? '' : await tree.read(path).catch(() => '');
  return text.split('\n').flatMap((line) => [line, line.slice(line.indexOf('=') + 1)]);
};

/** What a Secret is generated from: the values of literals, and files by their lines. */
const generatedFrom = async (tree: TreeReader, folder: string, root: Mapping): Promise<readonly string[]> => {
  const texts = writtenAt(root, 'secretGenerator', 'literals').flatMap(({ value }) =>
    textsIn(value).map((literal) => literal.slice(literal.indexOf('=') + 1)),
  );
  for (const field of ['files', 'envs', 'env']) {
    for (const { value } of writtenAt(root, 'secretGenerator', field)) {
      const written = String(value);
      texts.push(...(await linesOf(tree, resolvePath(folder, written.slice(written.indexOf('=') + 1)))));
    }
  }
  return texts;
};

const valueFields = new Set(['value', 'data', 'stringData']);

const valuesIn = (patch: unknown): readonly string[] => {
  if (typeof patch !== 'object' || patch === null) return [];
  return Object.entries(patch).flatMap(([key, member]) =>
    valueFields.has(key) ? textsIn(member) : valuesIn(member),
  );
};

/** The values that a patch (strategic merge or JSON 6902) sets, which may be those of a Secret. */
export const valuesOfPatch = (patch: string): readonly string[] => {
  try {
    return readDocuments('patch', patch).flatMap(({ value }) => valuesIn(value));
  } catch (error) {
    if (!isRenderError(error)) throw error;
    return textsIn(patch);
  }
};

const patchesIn = async (tree: TreeReader, folder: string, root: Mapping): Promise<readonly string[]> => {
  const written = ['patches', 'patchesJson6902', 'patchesStrategicMerge'].flatMap((field) => [
    ...writtenAt(root, field).filter(({ value }) => typeof value === 'string'),
    ...writtenAt(root, field, 'patch'),
    ...writtenAt(root, field, 'path'),
  ]);
  const texts: string[] = [];
  for (const { value } of written) {
    const text = String(value);
    const path = isInline(text) ? undefined : resolvePath(folder, text);
    const patch = path === undefined ? text : await tree.read(path).catch(() => '');
    texts.push(...valuesOfPatch(patch));
  }
  return texts;
};

const writtenIn = async (tree: TreeReader, { document }: Kustomization): Promise<readonly string[]> => {
  const folder = folderOf(document.file);
  if (!isMapping(document.value)) return [];
  return [
    ...(await generatedFrom(tree, folder, document.value)),
    ...(await patchesIn(tree, folder, document.value)),
  ];
};

/** What may not be quoted: values of Secrets and what they are generated from, and the lines of patches. */
export const sensitiveTexts = async (
  tree: TreeReader,
  graph: KustomizeGraph,
  objects: readonly PlacedObject[],
): Promise<readonly string[]> => {
  const values = objects
    .filter(({ object }) => object.kind === 'Secret')
    .flatMap(({ object }) =>
      [object.data, object.stringData, metadataOf(object).annotations].flatMap(textsIn),
    );
  const written = await Promise.all(graph.kustomizations.map((each) => writtenIn(tree, each)));
  const all = [...values, ...written.flat()].map((text) => text.trim());
  return [...new Set(all.filter((text) => text.length >= shortest))].sort((a, b) => b.length - a.length);
};

/** Takes every sensitive text out of a message, and what kustomize quotes of configuration. */
export const redact = (message: string, sensitive: readonly string[]): string => {
  const quoted = message
    .replaceAll(/`[^`]*`/gs, '`…`')
    .replaceAll(/(literal sources |from )\[.*\]/gs, '$1[…]')
    .replaceAll(/&\{[^}]*\}/g, '{…}');
  return sensitive.reduce((text, secret) => text.replaceAll(secret, '…'), quoted);
};
