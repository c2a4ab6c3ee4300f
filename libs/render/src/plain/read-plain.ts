import { isManifestFile } from '../configuration/read-configuration.js';
import { isKustomizationName } from '../kustomize/kustomization.js';
import type { PlacedObject } from '../objects/rendering.js';
import { readObjectFiles } from '../objects/read-objects.js';
import { RenderError } from '../render-error.js';
import { displayPath, joinPath } from '../tree/paths.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { limits } from '../yaml/limits.js';

const refuseNested = (folder: string, path: string): RenderError =>
  new RenderError(
    'kustomization-nested',
    `a kustomization stands below a folder of plain YAML; give "${displayPath(folder)}" as path, or move it`,
    { file: path, line: 1 },
  );

/** Adds the manifest files of a folder and those below it, without hidden ones (`.github`). */
const listFiles = async (tree: TreeReader, folder: string, files: string[]): Promise<void> => {
  for (const { name, kind } of await tree.list(folder)) {
    const path = joinPath(folder, name);
    if (name.startsWith('.')) continue;
    if (kind === 'folder') await listFiles(tree, path, files);
    else if (isKustomizationName(name)) throw refuseNested(folder, path);
    else if (kind === 'submodule')
      throw new RenderError('link-refused', 'is a submodule, which is not followed', { file: path, line: 1 });
    else if (!isManifestFile(name)) continue;
    else if (kind === 'link')
      throw new RenderError('link-refused', 'is a symbolic link, which is not followed', {
        file: path,
        line: 1,
      });
    else files.push(path);
    if (files.length > limits.filesPerApplication)
      throw new RenderError('object-limit', `more than ${limits.filesPerApplication} files`, {
        file: displayPath(folder),
        line: 1,
      });
  }
};

/** Reads every object of a folder of plain YAML and JSON. Throws {@link RenderError}. */
export const readPlain = async (tree: TreeReader, folder: string): Promise<readonly PlacedObject[]> => {
  const files: string[] = [];
  await listFiles(tree, folder, files);
  return readObjectFiles(tree, files.sort());
};
