import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { exactly } from './exact.js';
import { findEventType } from './registry.js';

type Golden = { readonly type: string; readonly data: unknown };

const dir = fileURLToPath(new URL('../goldens', import.meta.url));
const goldens = readdirSync(dir).map((file) => JSON.parse(readFileSync(`${dir}/${file}`, 'utf8')) as Golden);

const odd: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  'x',
  'a'.repeat(40),
  0,
  -1,
  1.5,
  1e300,
  [],
  [1],
  ['x'],
  {},
  { x: 'y' },
];

/** Data with one value somewhere in it replaced, left out or added; values that a place may hold, and others. */
const mutated = (data: unknown, path: number, by: unknown): unknown => {
  if (typeof data !== 'object' || data === null || path === 0) return by;
  const entries = Object.entries(data as Readonly<Record<string, unknown>>);
  const at = path % (entries.length + 1);
  const next = entries.map(
    ([key, one], place) => [key, place === at ? mutated(one, path >> 2, by) : one] as const,
  );
  const kept = next.filter(([, value]) => value !== undefined);
  if (Array.isArray(data)) return kept.map(([, one]) => one);
  return JSON.parse(JSON.stringify(Object.fromEntries(at < entries.length ? kept : [...kept, ['more', by]])));
};

const isTrue = (schema: z.ZodType, data: unknown): boolean => {
  const parsed = schema.safeParse(data);
  return parsed.success && isDeepStrictEqual(parsed.data, data);
};

describe('the quick answer', () => {
  it('is yes only where the schema takes data and gives back all of it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...goldens),
        fc.nat(4096),
        fc.constantFrom(...odd),
        ({ type, data }, path, by) => {
          const { schema } = findEventType(type)!;
          const given = mutated(data, path, by);
          if (exactly(schema)(given)) expect(isTrue(schema, given)).toBe(true);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('is yes for most of what was ever written', () => {
    const sure = goldens.filter(({ type, data }) => exactly(findEventType(type)!.schema)(data));
    expect(sure.length / goldens.length).toBeGreaterThan(0.8);
  });

  it.each([
    ['a schema that changes a text', z.string().trim(), 'x'],
    ['a schema that fills in', z.object({ a: z.string().default('b') }), { a: 'c' }],
    ['a schema with a rule of its own', z.object({ a: z.string() }).refine(() => false), { a: 'x' }],
    ['a text by a rule', z.string().regex(/^a$/g), 'a'],
    [
      'one of several',
      z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.string() })]),
      { a: 'x', b: 'y' },
    ],
    ['a member that is not its own', z.record(z.string(), z.string()), JSON.parse('{"__proto__":"x"}')],
    ['a member that is not named', z.object({ a: z.string() }), { a: 'x', b: 'y' }],
    ['a whole number of another kind', z.int32(), 1],
  ])('is no for %s', (_, schema, value: unknown) => {
    expect(exactly(schema)(value)).toBe(false);
  });

  it('knows the bounds of numbers and lists', () => {
    const all = exactly(z.array(z.int().min(1).max(3)).min(1).max(2));
    expect([[], [1], [1, 3], [0], [4], [1, 1, 1], [1.5], [Number.NaN]].map(all)).toEqual([
      false, true, true, false, false, false, false, false,
    ]); // prettier-ignore
  });
});
