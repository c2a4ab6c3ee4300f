import { RenderError } from '../render-error.js';
import type { YamlDocument } from '../yaml/documents.js';
import type { Path } from '../yaml/positions.js';

/** A plain mapping, as JSON has it. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Whether a value is a mapping. */
export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
};

/** Go's JSON decoder, which kustomize reads with, does not tell upper from lower case in the names of fields. */
export const foldCase = (name: string): string => name.toUpperCase().toLowerCase();

const membersOf = (mapping: unknown, name: string): readonly (readonly [key: string, value: unknown])[] =>
  isMapping(mapping) ? Object.entries(mapping).filter(([key]) => foldCase(key) === foldCase(name)) : [];

/** A refusal of something in a document, at its line. */
export const faultAt = (
  document: YamlDocument,
  path: Path,
  code: RenderError['code'],
  message: string,
): RenderError => new RenderError(code, message, { file: document.file, line: document.lineOf(path) });

/** A value as it is written in a kustomization, and where. */
export type Written = { readonly value: unknown; readonly path: Path };

/** The values at `field`, or at `field[].inner`, each list unfolded. */
export const writtenAt = (root: Mapping, field: string, inner?: string): readonly Written[] =>
  membersOf(root, field).flatMap(([key, value]) =>
    listOf(value).flatMap((item, index): Written[] => {
      const path: Path = Array.isArray(value) ? [key, index] : [key];
      if (inner === undefined) return [{ value: item, path }];
      return membersOf(item, inner).flatMap(([name, nested]) =>
        listOf(nested).map((each, at): Written => ({ value: each, path: [...path, name, at] })),
      );
    }),
  );

/** Whether text in the place of a path is YAML itself. */
export const isInline = (written: string): boolean =>
  written.includes('\n') || /^\s*[{[]|^\s*\w+:\s/.test(written);
