import { z } from 'zod';

import { didYouMean } from '../suggestion.js';
import type { Path } from '../yaml/positions.js';
import { formatField, refusalOf } from './not-carried-out.js';

/** Something wrong in a document, and the field it is about. */
export type Fault = { readonly path: Path; readonly reason: string };

/** What is wrong with one document, at most: each is looked for in it, and nobody reads more. */
const mostTold = 50;

const unwrap = (schema: z.core.$ZodType): z.core.$ZodType => {
  let current = schema;
  while ('innerType' in current._zod.def) current = current._zod.def.innerType as z.core.$ZodType;
  return current;
};

const elementOf = (schema: z.ZodArray): z.core.$ZodType => schema.element;

/** The fields that the schema knows at a path. */
const fieldsAt = (schema: z.core.$ZodType, path: Path): readonly string[] => {
  let current = unwrap(schema);
  for (const step of path) {
    if (current instanceof z.ZodObject)
      current = unwrap((current.shape as z.core.$ZodShape)[String(step)] ?? z.never());
    else if (current instanceof z.ZodArray) current = unwrap(elementOf(current));
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
};

const unknownField = (schema: z.core.$ZodType, path: Path, key: string): Fault => {
  const at = [...path, key];
  const hint = didYouMean(key, fieldsAt(schema, path));
  return { path: at, reason: refusalOf(at) ?? `unknown field ${formatField(at)}.${hint}` };
};

const expectations: Readonly<Record<string, string>> = {
  object: 'must be a mapping',
  record: 'must be a mapping',
  array: 'must be a list',
  string: 'must be text; quote it',
};

const valueFault = (issue: z.core.$ZodIssue, path: Path, input: unknown): string => {
  if (issue.code === 'invalid_value') {
    const hint = typeof input === 'string' ? didYouMean(input, issue.values.map(String)) : '';
    return `${formatField(path)} must be one of ${issue.values.map(String).join(', ')}.${hint}`;
  }
  if (input === undefined && issue.code === 'invalid_type') return `${formatField(path)} is missing`;
  const said =
    issue.code === 'invalid_type' && !issue.message.startsWith('must ')
      ? expectations[issue.expected]
      : undefined;
  return `${formatField(path)} ${said ?? issue.message}`;
};

const valueAt = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined,
    document,
  );

/** Turns what a schema finds wrong into sentences that name the field. */
export const describeIssues = (
  schema: z.core.$ZodType,
  document: unknown,
  issues: readonly z.core.$ZodIssue[],
): readonly Fault[] =>
  issues.slice(0, mostTold).flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code === 'unrecognized_keys')
      return issue.keys.slice(0, mostTold).map((key) => unknownField(schema, path, key));
    if (issue.code === 'invalid_key')
      return [{ path, reason: `${formatField(path)} ${issue.issues[0]?.message ?? ''}` }];
    return [{ path, reason: valueFault(issue, path, valueAt(document, path)) }];
  });
