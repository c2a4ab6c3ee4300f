import { RenderError } from '../render-error.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments } from '../yaml/documents.js';
import { limits } from '../yaml/limits.js';
import type { PlacedObject } from './rendering.js';
import { objectsOf } from './unfold.js';

const refuse = (what: string, file: string): RenderError =>
  new RenderError('object-limit', what, { file, line: 1 });

/** Every object of files, in their order. Throws {@link RenderError}, also where together they are more than an application may be. */
export const readObjectFiles = async (
  tree: TreeReader,
  paths: Iterable<string>,
): Promise<readonly PlacedObject[]> => {
  const objects: PlacedObject[] = [];
  let bytes = 0;
  for (const path of paths) {
    const text = await tree.read(path);
    const documents = readDocuments(path, text);
    bytes += text.length;
    if (bytes > limits.sourceBytesPerApplication)
      throw refuse(
        `the application's files have more than ${limits.sourceBytesPerApplication / 1024 / 1024} MiB`,
        path,
      );
    for (const document of documents)
      for (const object of objectsOf(document)) {
        objects.push(object);
        if (objects.length > limits.objects)
          throw refuse(`the application has more than ${limits.objects} objects`, path);
      }
  }
  return objects;
};
