import type { ValuesLayer } from '@syncline/events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isMapping, type Mapping } from '../objects/rendering.js';
import { RenderError } from '../render-error.js';
import { folderOf, nameOf } from '../tree/paths.js';
import { suggestPath } from '../tree/suggest-path.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';

/** Values of one layer, as they stand in a file of their own or in a declaration. */
export type ReadValues = {
  readonly layer: ValuesLayer;
  readonly values: Mapping;
  /** Where they begin, where they are a part of their file. */
  readonly line?: number;
};

const requireFile = async (tree: TreeReader, path: string): Promise<void> => {
  const entry = (await tree.list(folderOf(path))).find(({ name }) => name === nameOf(path));
  if (entry === undefined) {
    const hint = await suggestPath(tree, path, path);
    throw new RenderError('reference-missing', `the value file "${path}" does not exist.${hint}`);
  }
  if (entry.kind === 'link')
    throw new RenderError('link-refused', 'is a symbolic link, which is not followed', {
      file: path,
      line: 1,
    });
  if (entry.kind !== 'file') throw new RenderError('values-invalid', `the value file "${path}" is no file`);
};

const stepsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What stands at a pointer (RFC 6901) over the documents of a file. */
const valueAt = (documents: readonly YamlDocument[], pointer: string): unknown => {
  const [index, ...steps] = stepsOf(pointer);
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined,
    documents[Number(index)]?.value,
  );
};

const wholeFile = (file: string, documents: readonly YamlDocument[]): unknown => {
  if (documents.length > 1)
    throw new RenderError('values-invalid', 'holds several documents; values are one', { file, line: 1 });
  return documents[0]?.value ?? {};
};

const readLayer = async (tree: TreeReader, layer: ValuesLayer): Promise<ReadValues> => {
  const { file, at } = layer;
  await requireFile(tree, file);
  const documents = readDocuments(file, await tree.read(file));
  const values = at === undefined ? wholeFile(file, documents) : valueAt(documents, at);
  if (!isMapping(values))
    throw new RenderError('values-invalid', 'holds values that are no mapping', { file, line: 1 });
  const [index, ...steps] = stepsOf(at ?? '');
  return { layer, values, ...(at !== undefined && { line: documents[Number(index)]?.lineOf(steps) ?? 1 }) };
};

/** Reads all layers, in their order. Throws {@link RenderError} with file and line on what is no values. */
export const readValues = async (
  tree: TreeReader,
  layers: readonly ValuesLayer[],
): Promise<readonly ReadValues[]> => {
  const read: ReadValues[] = [];
  for (const layer of layers) read.push(await readLayer(tree, layer));
  return read;
};

/** The paths for `--values`: files as they lie below the root, and what stands in declarations written into a folder. */
export const valuesFiles = async (
  read: readonly ReadValues[],
  folder: string,
): Promise<readonly string[]> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return Promise.all(
    read.map(async ({ layer, values }, index) => {
      if (layer.at === undefined) return layer.file;
      const path = join(folder, `values-${index}.json`);
      await writeFile(path, JSON.stringify(values), { mode: 0o600 });
      return path;
    }),
  );
};
