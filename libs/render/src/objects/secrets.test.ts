import { canonicalJson } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { RenderError } from '../render-error.js';
import type { PlacedObject } from './rendering.js';
import { secretReferences } from './secrets.js';

const secret = (fields: Record<string, unknown>): PlacedObject => ({
  object: {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'n' },
    ...fields,
  },
  findPlace: () => ({ file: 'a.yaml', line: 3 }),
});
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const refusal = (fields: Record<string, unknown>): RenderError => {
  try {
    secretReferences([secret(fields)], 'key');
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
  throw new Error('the Secret was accepted');
};

describe('a Secret', () => {
  test('keeps references, and its values go beside it', () => {
    const { objects, secrets } = secretReferences(
      [secret({ data: { a: base64('x') }, type: 'Opaque' })],
      'key',
    );
    const [[reference, value] = ['', '']] = [...secrets];
    expect(objects).toEqual([
      { ...secret({ type: 'Opaque' }).object, data: { a: `syncline-secret:${reference}` } },
    ]);
    expect(reference).toMatch(/^[0-9a-f]{64}$/);
    expect(value).toBe(base64('x'));
  });

  test('has stringData folded into data, where it wins', () => {
    const { objects, secrets } = secretReferences(
      [secret({ data: { a: base64('old'), b: base64('b') }, stringData: { a: 'new', c: 'ü' } })],
      'key',
    );
    expect(objects[0]).not.toHaveProperty('stringData');
    expect([...secrets.values()]).toEqual([base64('new'), base64('b'), base64('ü')]);
  });

  test('may be empty', () => {
    expect(secretReferences([secret({})], 'key').objects).toEqual([secret({}).object]);
  });

  test('may have its base64 broken into lines', () => {
    expect([...secretReferences([secret({ data: { a: 'aGVs\nbG8=\n' } })], 'key').secrets.values()]).toEqual([
      'aGVsbG8=',
    ]);
  });

  test.each([
    [
      'a number in stringData',
      { stringData: { a: 12345 } },
      'secret-invalid',
      'Secret n/s has in stringData.a no text; quote it',
    ],
    ['text in data', { data: { a: 'hunter2!' } }, 'secret-invalid', 'Secret n/s has in data.a no base64'],
    [
      'base64 that is cut',
      { data: { a: 'aGVsbG8' } },
      'secret-invalid',
      'Secret n/s has in data.a no base64',
    ],
    ['nothing', { data: { a: null } }, 'secret-invalid', 'Secret n/s has in data.a no base64'],
    ['a list of data', { data: ['hunter2'] }, 'secret-invalid', 'Secret n/s has a data that is no mapping'],
    [
      'SOPS',
      { sops: {}, stringData: { a: 'ENC[x]' } },
      'sops-unsupported',
      'Secret n/s is encrypted with SOPS, which is not carried out by this version',
    ],
  ])('is refused, its values unsaid: %s', (_, fields, code, message) => {
    const error = refusal(fields);
    expect(error).toMatchObject({ code, message, file: 'a.yaml', line: 3 });
  });

  test('is refused where an annotation repeats its values', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"aHVudGVyMg=="}}',
    };
    const error = refusal({ metadata: { name: 's', annotations } });
    expect(error.code).toBe('secret-invalid');
    expect(error.message).not.toContain('aHVudGVyMg');
  });
});

describe('references', () => {
  const key = fc.stringMatching(/^[a-z.]{1,8}$/);
  const values = fc.dictionary(key, fc.string({ minLength: 8, maxLength: 20, unit: 'grapheme-ascii' }));

  test('say nothing of the values: other values, same references', () => {
    fc.assert(
      fc.property(values, fc.string(), (data, other) => {
        const changed = Object.fromEntries(Object.keys(data).map((name) => [name, other]));
        const first = secretReferences([secret({ stringData: data })], 'key');
        const second = secretReferences([secret({ stringData: changed })], 'key');
        expect(canonicalJson(second.objects)).toBe(canonicalJson(first.objects));
      }),
    );
  });

  test('leave no value behind, and each leads to its own', () => {
    fc.assert(
      fc.property(values, (data) => {
        const { objects, secrets } = secretReferences([secret({ stringData: data })], 'key');
        const written = (objects[0]?.data ?? {}) as Record<string, string>;
        for (const [name, value] of Object.entries(data)) {
          expect(Buffer.from(secrets.get(written[name]?.slice(16) ?? '') ?? '', 'base64').toString()).toBe(
            value,
          );
          expect(JSON.stringify(objects)).not.toContain(base64(value));
        }
        expect(secrets.size).toBe(Object.keys(data).length);
      }),
    );
  });

  test('differ by input, object and field', () => {
    const of = (fields: Record<string, unknown>, renderKey: string) => [
      ...secretReferences([secret(fields)], renderKey).secrets.keys(),
    ];
    const all = [
      ...of({ stringData: { a: 'x', b: 'x' } }, 'one'),
      ...of({ stringData: { a: 'x' } }, 'two'),
      ...of({ stringData: { a: 'x' }, metadata: { name: 't', namespace: 'n' } }, 'one'),
      ...of({ stringData: { a: 'x' }, metadata: { name: 's', namespace: 'm' } }, 'one'),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
