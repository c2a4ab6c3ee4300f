import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { decodeToken, encodeToken, parseTargetSubject, subjects } from './index.js';

describe('a subject token', () => {
  test('holds any name without a character that NATS reads', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
        const token = encodeToken(name);
        expect(token).toMatch(/^[A-Za-z0-9_%-]+$/);
        expect(decodeToken(token)).toBe(name);
      }),
    );
  });

  test('cannot be empty', () => {
    expect(() => encodeToken('')).toThrow(TypeError);
  });
});

describe('a target’s subjects', () => {
  test('name their cluster, project and application, dots and stars included', () => {
    const name = { cluster: 'prod.eu', project: 'default', application: 'a*b > c' };
    const args = [name.cluster, name.project, name.application] as const;
    expect(parseTargetSubject(subjects.plan(...args))).toEqual(name);
    expect(parseTargetSubject(subjects.target(...args))).toEqual(name);
    expect(parseTargetSubject(subjects.fleet('prod.eu'))).toBeUndefined();
  });
});
