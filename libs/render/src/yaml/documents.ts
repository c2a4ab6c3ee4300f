import { constructFromEvents, EVENT_ID, parseEvents, YAMLException, type Event } from 'js-yaml';

import { RenderError } from '../render-error.js';
import { copyJson, NotJson, type NodeBudget } from './json-value.js';
import { limits } from './limits.js';
import { lineAtOffset, lineOfPath, type ParsedFile, type Path } from './positions.js';
import { kubernetesSchema } from './schema.js';

/** One document of a YAML or JSON file. */
export type YamlDocument = {
  readonly file: string;
  /** Plain JSON: nothing is shared, nothing is cyclic. `null` for an empty document. */
  readonly value: unknown;
  /** The line (from 1) of what a path leads to, or of the nearest that exists on the way. */
  readonly lineOf: (path: Path) => number;
};

const syntaxError = (file: string, error: unknown): RenderError => {
  if (!(error instanceof YAMLException)) {
    return new RenderError('yaml-invalid', 'cannot be read as YAML', { file, line: 1, cause: error });
  }
  const isLimit = /^(?:aliases|merge keys|nesting) exceeded/.test(error.reason);
  const line = (error.mark?.line ?? 0) + 1;
  const reason =
    error.reason === 'duplicated mapping key' ? 'a key stands twice in one mapping' : error.reason;
  return new RenderError(isLimit ? 'yaml-limit' : 'yaml-invalid', reason, { file, line });
};

const orSyntaxError = <Result>(file: string, work: () => Result): Result => {
  try {
    return work();
  } catch (error) {
    throw syntaxError(file, error);
  }
};

const rootsOf = (events: readonly Event[]): readonly number[] =>
  events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index + 1] : []));

const tooManyDocuments = (file: string, line: number): RenderError =>
  new RenderError('yaml-limit', `more than ${limits.documentsPerFile} documents`, { file, line });

/** Where the marker (YAML 1.2, 9.1.2) stands that begins a document for so many times; nothing else may begin a line like it. */
const startOfDocument = (text: string, times: number): number | undefined => {
  const marker = /^---(?=\s|$)/gm;
  for (let found = 0; found < times; found += 1) if (!marker.test(text)) return undefined;
  return marker.lastIndex;
};

/** What a file comes to is known from its events, before anything is made of them. */
const checkCounts = (parsed: ParsedFile, file: string, roots: readonly number[]): void => {
  const tooMany = roots[limits.documentsPerFile];
  if (tooMany !== undefined) throw tooManyDocuments(file, lineOfPath(parsed, tooMany, []));
  if (parsed.events.length > limits.nodesPerFile)
    throw new RenderError('yaml-limit', `more than ${limits.nodesPerFile} values`, { file, line: 1 });
};

const construct = (text: string, events: Event[]): readonly unknown[] =>
  constructFromEvents(events, {
    source: text,
    schema: kubernetesSchema,
    maxAliases: limits.aliasesPerDocument,
    maxTotalMergeKeys: limits.mergeKeysPerFile,
  });

const toDocument = (
  file: string,
  parsed: ParsedFile,
  root: number,
  value: unknown,
  budget: NodeBudget,
): YamlDocument => {
  const lineOf = (path: Path): number => lineOfPath(parsed, root, path);
  try {
    return { file, value: copyJson(value, [], budget), lineOf };
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const code = error.isLimit ? 'yaml-limit' : 'yaml-invalid';
    throw new RenderError(code, error.reason, { file, line: lineOf(error.path) });
  }
};

const checkText = (file: string, text: string): void => {
  if (text.length > limits.fileBytes) {
    const reason = `larger than ${limits.fileBytes / 1024 / 1024} MiB`;
    throw new RenderError('yaml-limit', reason, { file, line: 1 });
  }
  const beyond = startOfDocument(text, limits.documentsPerFile + 1);
  if (beyond !== undefined) throw tooManyDocuments(file, lineAtOffset(text, beyond));
  // YAML allows one before each document; the parser takes it for the beginning of the first key, which then is another key.
  const mark = text.indexOf('\n\ufeff');
  if (mark < 0) return;
  const line = lineAtOffset(text, mark + 1);
  throw new RenderError('yaml-invalid', 'a byte order mark stands within the file', { file, line });
};

/** Reads all documents of a YAML or JSON file. Throws {@link RenderError} `yaml-invalid` or `yaml-limit`. */
export const readDocuments = (file: string, text: string): readonly YamlDocument[] => {
  checkText(file, text);
  const events = orSyntaxError(file, () => parseEvents(text, { filename: file, maxDepth: limits.depth }));
  const parsed = { text, events };
  const roots = rootsOf(events);
  checkCounts(parsed, file, roots);
  const values = orSyntaxError(file, () => construct(text, events));
  const budget = { nodes: limits.nodesPerFile, characters: limits.unfoldedCharacters };
  return values.map((value, index) => toDocument(file, parsed, roots[index] ?? 0, value, budget));
};
