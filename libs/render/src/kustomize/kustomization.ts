import { RenderError } from '../render-error.js';
import { didYouMean } from '../suggestion.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import { limits } from '../yaml/limits.js';
import { checkInline } from './inline.js';
import { faultAt, foldCase, isInline, isMapping, writtenAt, type Mapping } from './written.js';

/** The names under which kustomize looks for its file. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** Whether a file name is one that kustomize reads a folder by. */
export const isKustomizationName = (name: string): boolean =>
  kustomizationNames.some((candidate) => candidate === name);

/** What a reference may lead to: a file of the folder, a folder with a kustomization, or either; a plugin's configuration. */
export type ReferenceKind = 'file' | 'folder' | 'either' | 'plugin';

/**
 * A path that a kustomization names, as written there. `field` says in which word it is told of to people. Finding the line takes a
 * walk over the file, so it is found when it is asked for.
 */
export type Reference = {
  readonly kind: ReferenceKind;
  readonly field: string;
  readonly written: string;
  readonly holdsObjects: boolean;
  readonly file: string;
  readonly findLine: () => number;
};

/** One kustomization file: what it refers to, and what of it is refused. */
export type Kustomization = {
  readonly document: YamlDocument;
  readonly references: readonly Reference[];
  readonly faults: readonly RenderError[];
};

const knownFields = [
  'apiVersion', 'kind', 'metadata', 'bases', 'buildMetadata', 'commonAnnotations', 'commonLabels', 'components',
  'configMapGenerator', 'configurations', 'crds', 'generatorOptions', 'generators', 'imageTags', 'images', 'labels',
  'namePrefix', 'nameSuffix', 'namespace', 'openapi', 'patches', 'patchesJson6902', 'patchesStrategicMerge',
  'replacements', 'replicas', 'resources', 'secretGenerator', 'sortOptions', 'transformers', 'validators', 'vars',
] as const; // prettier-ignore
const helmFields = ['helmCharts', 'helmChartInflationGenerator', 'helmGlobals'];

type Source = {
  readonly field: string;
  readonly inner?: string;
  readonly kind: ReferenceKind;
  readonly word: string;
  readonly keyed?: boolean;
  readonly inline?: boolean;
};

/** Every field of a kustomization that names a path. */
const sources: readonly Source[] = [
  { field: 'resources', kind: 'either', word: 'resource' },
  { field: 'bases', kind: 'folder', word: 'base' },
  { field: 'components', kind: 'folder', word: 'component' },
  { field: 'crds', kind: 'file', word: 'CRD file' },
  { field: 'configurations', kind: 'file', word: 'configuration' },
  { field: 'openapi', inner: 'path', kind: 'file', word: 'OpenAPI file' },
  { field: 'patches', inner: 'path', kind: 'file', word: 'patch' },
  { field: 'patchesJson6902', inner: 'path', kind: 'file', word: 'patch' },
  { field: 'patchesStrategicMerge', kind: 'file', word: 'patch', inline: true },
  { field: 'replacements', inner: 'path', kind: 'file', word: 'replacement' },
  { field: 'configMapGenerator', inner: 'files', kind: 'file', word: 'file', keyed: true },
  { field: 'configMapGenerator', inner: 'envs', kind: 'file', word: 'env file' },
  { field: 'configMapGenerator', inner: 'env', kind: 'file', word: 'env file' },
  { field: 'secretGenerator', inner: 'files', kind: 'file', word: 'file', keyed: true },
  { field: 'secretGenerator', inner: 'envs', kind: 'file', word: 'env file' },
  { field: 'secretGenerator', inner: 'env', kind: 'file', word: 'env file' },
  { field: 'generators', kind: 'plugin', word: 'generator' },
  { field: 'transformers', kind: 'plugin', word: 'transformer' },
  { field: 'validators', kind: 'plugin', word: 'validator' },
];

const referencesOf = (document: YamlDocument, root: Mapping): readonly Reference[] =>
  sources.flatMap((source) =>
    writtenAt(root, source.field, source.inner).flatMap(({ value, path }): Reference[] => {
      if (typeof value !== 'string') return [];
      if (source.inline === true && isInline(value)) return [];
      const written = source.keyed === true ? value.slice(value.indexOf('=') + 1) : value;
      const holdsObjects = source.field === 'resources';
      const findLine = (): number => document.lineOf(path);
      return [
        { kind: source.kind, field: source.word, written, holdsObjects, file: document.file, findLine },
      ];
    }),
  );

const checkFields = (document: YamlDocument, root: Mapping): readonly RenderError[] =>
  Object.keys(root).flatMap((key) => {
    if (helmFields.some((field) => foldCase(field) === foldCase(key))) {
      return [
        faultAt(document, [key], 'helm-unsupported', `${key}: charts are not inflated by this version`),
      ];
    }
    if (knownFields.some((field) => field === key)) return [];
    const reason = `unknown field "${key}" in a kustomization.${didYouMean(key, knownFields)}`;
    return [faultAt(document, [key], 'kustomization-invalid', reason)];
  });

const checkKind = (document: YamlDocument, root: Mapping): readonly RenderError[] => {
  const kind = root.kind ?? 'Kustomization';
  if (kind === 'Kustomization' || kind === 'Component') return [];
  return [faultAt(document, ['kind'], 'kustomization-invalid', `kind must be Kustomization or Component`)];
};

/** Reads a kustomization file. Throws {@link RenderError} where it is no YAML or no mapping. */
export const readKustomization = (file: string, text: string): Kustomization => {
  if (text.length > limits.kustomizationBytes)
    throw new RenderError(
      'yaml-limit',
      `a kustomization of more than ${limits.kustomizationBytes / 1024} KiB`,
      { file, line: 1 },
    );
  const [document, second] = readDocuments(file, text).filter(({ value }) => value !== null);
  if (document === undefined || !isMapping(document.value))
    throw new RenderError('kustomization-invalid', 'a kustomization must be a mapping', { file, line: 1 });
  const faults = [checkFields, checkKind, checkInline].flatMap((check) =>
    check(document, document.value as Mapping),
  );
  if (second !== undefined)
    faults.push(
      faultAt(second, [], 'kustomization-invalid', 'a kustomization is one document, here is a second'),
    );
  const references = referencesOf(document, document.value);
  const beyond = references[limits.referencesPerKustomization];
  if (beyond !== undefined)
    throw new RenderError('yaml-limit', `more than ${limits.referencesPerKustomization} references`, {
      file,
      line: beyond.findLine(),
    });
  return { document, references, faults };
};
