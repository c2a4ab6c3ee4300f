import { RenderError } from '../render-error.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import type { Path } from '../yaml/positions.js';
import { isRemote } from './remote.js';

const functionAnnotations = ['config.kubernetes.io/function', 'config.k8s.io/function'];
const pathFields = new Set(['path', 'paths', 'file', 'files', 'env', 'envs', 'resources']);

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

const refuse = (
  document: YamlDocument,
  path: Path,
  code: RenderError['code'],
  message: string,
): RenderError => new RenderError(code, message, { file: document.file, line: document.lineOf(path) });

const findRemote = (value: unknown, path: Path, inPath: boolean): Path | undefined => {
  if (typeof value === 'string')
    return inPath && isRemote(value.slice(value.indexOf('=') + 1)) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    const found = findRemote(member, [...path, step], inPath || pathFields.has(key.toLowerCase()));
    if (found !== undefined) return found;
  }
  return undefined;
};

const checkPlugin = (document: YamlDocument): readonly RenderError[] => {
  const { value } = document;
  if (value === null) return [];
  const annotations = memberOf(memberOf(value, 'metadata'), 'annotations');
  if (functionAnnotations.some((name) => memberOf(annotations, name) !== undefined))
    return [refuse(document, ['metadata', 'annotations'], 'plugin-refused', 'functions are not run')];
  if (memberOf(value, 'apiVersion') !== 'builtin')
    return [
      refuse(
        document,
        ['kind'],
        'plugin-refused',
        `only kustomize's own plugins (apiVersion: builtin) are run`,
      ),
    ];
  if (memberOf(value, 'kind') === 'HelmChartInflationGenerator')
    return [refuse(document, ['kind'], 'helm-unsupported', 'charts are not inflated by this version')];
  const remote = findRemote(value, [], false);
  return remote === undefined
    ? []
    : [refuse(document, remote, 'remote-refused', 'remote files are not fetched')];
};

/** What is refused in the configuration of generators, transformers and validators: whatever runs or fetches. */
export const checkPlugins = (file: string, text: string): readonly RenderError[] =>
  readDocuments(file, text).flatMap(checkPlugin);
