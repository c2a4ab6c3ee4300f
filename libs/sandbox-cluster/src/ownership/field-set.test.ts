import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  difference,
  emptySet,
  fromFieldsV1,
  intersection,
  pathSet,
  pathsOf,
  toFieldsV1,
  union,
  without,
  type FieldSet,
} from './field-set.js';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const set = fc
  .array(path, { maxLength: 6 })
  .map((paths) => paths.map((one) => pathSet(...one)).reduce(union, emptySet));

const texts = (of: FieldSet): string[] => pathsOf(of).map((one) => one.join('/')).sort(); // prettier-ignore

describe('a set of fields', () => {
  it('is what was written of it', () => {
    fc.assert(
      fc.property(set, (one) => {
        expect(texts(fromFieldsV1(toFieldsV1(one)))).toEqual(texts(one));
      }),
    );
  });

  it('joins, meets and differs as its paths do', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [left, right] = [texts(a), texts(b)];
        expect(texts(union(a, b))).toEqual([...new Set([...left, ...right])].sort());
        expect(texts(intersection(a, b))).toEqual(left.filter((one) => right.includes(one)));
        expect(texts(difference(a, b))).toEqual(left.filter((one) => !right.includes(one)));
      }),
    );
  });

  it('loses with a path what lies below it', () => {
    fc.assert(
      fc.property(set, path, (one, at) => {
        const gone = at.join('/');
        const kept = texts(one).filter((text) => text !== gone && !text.startsWith(`${gone}/`));
        expect(texts(without(one, pathSet(...at)))).toEqual(kept);
      }),
    );
  });

  it('is written with a dot where a path has others below', () => {
    const both = union(pathSet('f:data'), pathSet('f:data', 'f:key'));
    expect(toFieldsV1(both)).toEqual({ 'f:data': { '.': {}, 'f:key': {} } });
  });
});
