import { RenderError } from '../render-error.js';
import { didYouMean } from '../suggestion.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import type { Path } from '../yaml/positions.js';

/** The names under which kustomize looks for its file. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** Whether a file name is one that kustomize reads a folder by. */
export const isKustomizationName = (name: string): boolean =>
  kustomizationNames.some((candidate) => candidate === name);

/** What a reference may lead to: a file of the folder, a folder with a kustomization, or either; a plugin's configuration. */
export type ReferenceKind = 'file' | 'folder' | 'either' | 'plugin';

/** A path that a kustomization names, as written there. `field` says in which word it is told of to people. */
export type Reference = {
  readonly kind: ReferenceKind;
  readonly field: string;
  readonly written: string;
  readonly holdsObjects: boolean;
  readonly file: string;
  readonly line: number;
};

/** One kustomization file: what it refers to, and what of it is refused. */
export type Kustomization = {
  readonly document: YamlDocument;
  readonly references: readonly Reference[];
  readonly faults: readonly RenderError[];
};

type Mapping = Readonly<Record<string, unknown>>;

const knownFields = [
  'apiVersion', 'kind', 'metadata', 'bases', 'buildMetadata', 'commonAnnotations', 'commonLabels', 'components',
  'configMapGenerator', 'configurations', 'crds', 'generatorOptions', 'generators', 'imageTags', 'images', 'labels',
  'namePrefix', 'nameSuffix', 'namespace', 'openapi', 'patches', 'patchesJson6902', 'patchesStrategicMerge',
  'replacements', 'replicas', 'resources', 'secretGenerator', 'sortOptions', 'transformers', 'validators', 'vars',
] as const; // prettier-ignore
const helmFields = ['helmCharts', 'helmChartInflationGenerator', 'helmGlobals'];

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value == null ? [] : [value];

/** Go's JSON decoder, which kustomize reads with, does not tell upper from lower case in the names of fields. */
const foldCase = (name: string): string => name.toUpperCase().toLowerCase();

const membersOf = (mapping: unknown, name: string): readonly (readonly [key: string, value: unknown])[] =>
  isMapping(mapping) ? Object.entries(mapping).filter(([key]) => foldCase(key) === foldCase(name)) : [];

const fault = (document: YamlDocument, path: Path, code: RenderError['code'], message: string): RenderError =>
  new RenderError(code, message, { file: document.file, line: document.lineOf(path) });

type Written = { readonly value: unknown; readonly path: Path };

/** The values at `field`, or at `field[].inner`, each list unfolded. */
const writtenAt = (root: Mapping, field: string, inner?: string): readonly Written[] =>
  membersOf(root, field).flatMap(([key, value]) =>
    listOf(value).flatMap((item, index): Written[] => {
      const path: Path = Array.isArray(value) ? [key, index] : [key];
      if (inner === undefined) return [{ value: item, path }];
      return membersOf(item, inner).flatMap(([name, nested]) =>
        listOf(nested).map((each, at): Written => ({ value: each, path: [...path, name, at] })),
      );
    }),
  );

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
  { field: 'generators', kind: 'plugin', word: 'generator', inline: true },
  { field: 'transformers', kind: 'plugin', word: 'transformer', inline: true },
  { field: 'validators', kind: 'plugin', word: 'validator', inline: true },
];

const isInline = (written: string): boolean => written.includes('\n') || /^\s*[{[]|^\s*\w+:\s/.test(written);

const referencesOf = (document: YamlDocument, root: Mapping): readonly Reference[] =>
  sources.flatMap((source) =>
    writtenAt(root, source.field, source.inner).flatMap(({ value, path }): Reference[] => {
      if (typeof value !== 'string') return [];
      if (source.inline === true && source.kind !== 'plugin' && isInline(value)) return [];
      const written = source.keyed === true ? value.slice(value.indexOf('=') + 1) : value;
      const place = { file: document.file, line: document.lineOf(path) };
      const holdsObjects = source.field === 'resources';
      return [{ kind: source.kind, field: source.word, written, holdsObjects, ...place }];
    }),
  );

const checkFields = (document: YamlDocument, root: Mapping): readonly RenderError[] =>
  Object.keys(root).flatMap((key) => {
    if (helmFields.some((field) => foldCase(field) === foldCase(key))) {
      return [fault(document, [key], 'helm-unsupported', `${key}: charts are not inflated by this version`)];
    }
    if (knownFields.some((field) => field === key)) return [];
    const reason = `unknown field "${key}" in a kustomization.${didYouMean(key, knownFields)}`;
    return [fault(document, [key], 'kustomization-invalid', reason)];
  });

const checkKind = (document: YamlDocument, root: Mapping): readonly RenderError[] => {
  const kind = root.kind ?? 'Kustomization';
  if (kind === 'Kustomization' || kind === 'Component') return [];
  return [fault(document, ['kind'], 'kustomization-invalid', `kind must be Kustomization or Component`)];
};

/** Reads a kustomization file. Throws {@link RenderError} where it is no YAML or no mapping. */
export const readKustomization = (file: string, text: string): Kustomization => {
  const [document, second] = readDocuments(file, text).filter(({ value }) => value !== null);
  if (document === undefined || !isMapping(document.value))
    throw new RenderError('kustomization-invalid', 'a kustomization must be a mapping', { file, line: 1 });
  const faults = [...checkFields(document, document.value), ...checkKind(document, document.value)];
  if (second !== undefined)
    faults.push(
      fault(second, [], 'kustomization-invalid', 'a kustomization is one document, here is a second'),
    );
  return { document, references: referencesOf(document, document.value), faults };
};
