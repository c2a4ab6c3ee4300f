import type { ApplicationSpec, ConfigurationError } from '@syncline/events';

import { isRenderError } from '../render-error.js';
import { didYouMean } from '../suggestion.js';
import { told } from '../told.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import type { Path } from '../yaml/positions.js';
import { configurationGroup, mayDeclare } from './group.js';
import { laterKinds } from './not-carried-out.js';
import { readApplication, type DeclaringRepository } from './read-application.js';

/** A file of a repository. */
export type SourceFile = { readonly path: string; readonly text: string };

/** An application as declared, every default filled in, and where it stands. */
export type DeclaredApplication = {
  readonly spec: ApplicationSpec;
  readonly file: string;
  readonly line: number;
};

/** What files declare. Where there are errors, nothing of it may come into force. */
export type Configuration = {
  readonly applications: readonly DeclaredApplication[];
  readonly errors: readonly ConfigurationError[];
};

/** `index` is that of the document in its file. */
type Item = {
  readonly value: Record<string, unknown>;
  readonly document: YamlDocument;
  readonly index: number;
  readonly at: Path;
};
type Found = { readonly applications: DeclaredApplication[]; readonly errors: ConfigurationError[] };

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const itemsOf = (document: YamlDocument, index: number): readonly Item[] => {
  const { value } = document;
  if (!isMapping(value)) return [];
  const { kind, items } = value;
  if (kind !== 'List' || !Array.isArray(items)) return [{ value, document, index, at: [] }];
  return items.flatMap((item: unknown, at) =>
    isMapping(item) ? [{ value: item, document, index, at: ['items', at] }] : [],
  );
};

const refuseKind = (kind: unknown): string => {
  const named = typeof kind === 'string' ? kind : '';
  if (named === '') return 'kind is missing';
  if (laterKinds.includes(named)) return `kind ${named} is not carried out by this version`;
  return `unknown kind ${named}.${didYouMean(named, ['Application', ...laterKinds])}`;
};

const readItem = ({ value, document, index, at }: Item, repository: DeclaringRepository): Found => {
  const error = (path: Path, reason: string): ConfigurationError => ({
    file: document.file,
    line: document.lineOf([...at, ...path]),
    reason,
  });
  const { apiVersion, kind } = value;
  if (apiVersion !== `${configurationGroup}/v1`) {
    const reason = `apiVersion ${String(apiVersion)} is not known to this version, which reads ${configurationGroup}/v1`;
    return { applications: [], errors: [error(['apiVersion'], reason)] };
  }
  if (kind !== 'Application') return { applications: [], errors: [error(['kind'], refuseKind(kind))] };
  const { spec, faults } = readApplication(value, repository, {
    file: document.file,
    at: [index, ...at],
  });
  const errors = faults.map(({ path, reason }) => error(path, reason));
  const place = { file: document.file, line: document.lineOf(at) };
  return { applications: spec === undefined ? [] : [{ spec, ...place }], errors };
};

const readFile = (file: SourceFile, repository: DeclaringRepository): readonly Found[] => {
  if (!mayDeclare(file.text)) return [];
  try {
    return readDocuments(file.path, file.text)
      .flatMap(itemsOf)
      .filter(({ value }) => String(value.apiVersion).startsWith(`${configurationGroup}/`))
      .map((item) => readItem(item, repository));
  } catch (error) {
    if (!isRenderError(error)) throw error;
    return [
      { applications: [], errors: [{ file: file.path, line: error.line ?? 1, reason: error.message }] },
    ];
  }
};

const findDuplicates = (applications: readonly DeclaredApplication[]): readonly ConfigurationError[] => {
  const first = new Map<string, DeclaredApplication>();
  return applications.flatMap((application) => {
    const { project, name } = application.spec;
    const earlier = first.get(`${project}/${name}`);
    if (earlier === undefined) {
      first.set(`${project}/${name}`, application);
      return [];
    }
    const reason = `application ${name} of project ${project} is declared twice, first at ${earlier.file}:${earlier.line}`;
    return [{ file: application.file, line: application.line, reason }];
  });
};

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const byPlace = (a: { file: string; line: number }, b: { file: string; line: number }): number =>
  compareText(a.file, b.file) || a.line - b.line;

const asTold = ({ file, line, reason }: ConfigurationError): ConfigurationError => ({
  file: told(file),
  line,
  reason: told(reason),
});

/** Whether a path names a format that configuration and manifests are written in: `.yaml`, `.yml`, `.json`. */
export const isManifestFile = (path: string): boolean => /\.(?:ya?ml|json)$/i.test(path);

/**
 * Reads the `syncline.dev/v1` objects out of files; other objects and files without any are passed over. Never throws on
 * what the files say: each fault is an error with file, line and reason, ordered by place.
 */
export const readConfiguration = (
  files: readonly SourceFile[],
  repository: DeclaringRepository,
): Configuration => {
  const found = files
    .filter(({ path }) => isManifestFile(path))
    .flatMap((file) => readFile(file, repository));
  const applications = found.flatMap((each) => each.applications).sort(byPlace);
  const errors = [...found.flatMap((each) => each.errors), ...findDuplicates(applications)];
  return { applications, errors: errors.sort(byPlace).map(asTold) };
};
