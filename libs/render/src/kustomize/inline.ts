import { isRenderError, type RenderError } from '../render-error.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import { faultAt, isInline, writtenAt, type Mapping, type Written } from './written.js';

const unreadable = (document: YamlDocument, { value, path }: Written): readonly RenderError[] => {
  if (typeof value !== 'string') return [];
  try {
    readDocuments('patch', value);
    return [];
  } catch (error) {
    if (!isRenderError(error)) throw error;
    const reason = `the patch cannot be read as YAML: its line ${error.line ?? 1}: ${error.message}`;
    return [faultAt(document, path, 'kustomization-invalid', reason)];
  }
};

const checkLiteral = (document: YamlDocument, { value, path }: Written): readonly RenderError[] =>
  typeof value === 'string' && value.indexOf('=') > 0
    ? []
    : [faultAt(document, path, 'kustomization-invalid', 'a literal must be written as key=value')];

/**
 * Checks what is written into a kustomization itself: patches must be YAML, literals must have a key. What kustomize would say of them
 * quotes them, and they can hold what nobody may read.
 */
export const checkInline = (document: YamlDocument, root: Mapping): readonly RenderError[] => [
  ...writtenAt(root, 'patches', 'patch').flatMap((each) => unreadable(document, each)),
  ...writtenAt(root, 'patchesJson6902', 'patch').flatMap((each) => unreadable(document, each)),
  ...writtenAt(root, 'patchesStrategicMerge')
    .filter(({ value }) => typeof value === 'string' && isInline(value))
    .flatMap((each) => unreadable(document, each)),
  ...writtenAt(root, 'configMapGenerator', 'literals').flatMap((each) => checkLiteral(document, each)),
  ...writtenAt(root, 'secretGenerator', 'literals').flatMap((each) => checkLiteral(document, each)),
];
