import { constructFromEvents, EVENT_ID, parseEvents, YAMLException, type Event } from 'js-yaml';

import { RenderError } from '../render-error.js';
import { copyJson, NotJson, type NodeBudget } from './json-value.js';
import { limits } from './limits.js';
import { lineOfPath, type ParsedFile, type Path } from './positions.js';
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

const parse = (file: string, text: string): { events: Event[]; values: unknown[] } => {
  try {
    const events = parseEvents(text, { filename: file, maxDepth: limits.depth });
    const values = constructFromEvents(events, {
      source: text,
      schema: kubernetesSchema,
      maxAliases: limits.aliasesPerDocument,
      maxTotalMergeKeys: limits.mergeKeysPerFile,
    });
    return { events, values };
  } catch (error) {
    throw syntaxError(file, error);
  }
};

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

const checkSize = (file: string, text: string): void => {
  if (text.length <= limits.fileBytes) return;
  throw new RenderError('yaml-limit', `larger than ${limits.fileBytes / 1024 / 1024} MiB`, { file, line: 1 });
};

/** Reads all documents of a YAML or JSON file. Throws {@link RenderError} `yaml-invalid` or `yaml-limit`. */
export const readDocuments = (file: string, text: string): readonly YamlDocument[] => {
  checkSize(file, text);
  const { events, values } = parse(file, text);
  const roots = events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index + 1] : []));
  if (roots.length > limits.documentsPerFile)
    throw new RenderError('yaml-limit', `more than ${limits.documentsPerFile} documents`, { file, line: 1 });
  const budget = { nodes: limits.nodesPerFile };
  return values.map((value, index) => toDocument(file, { text, events }, roots[index] ?? 0, value, budget));
};
