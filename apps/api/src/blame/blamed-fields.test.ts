import type { AppliedManifests } from '@syncline/read-models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Fields, Value } from '../manifests/fields.js';
import { blameFields } from './blamed-fields.js';

/** What each apply set, the last first; undefined where it had no such object. */
type Told = readonly (Readonly<Record<string, Value>> | undefined)[];

const applyOf = (index: number, of: Told[number]): AppliedManifests => ({
  ...{
    position: `${100 - index}.0`,
    at: '',
    plan: `p${index}`,
    revision: `r${index}`,
    manifests: `m${index}`,
  },
  render: JSON.stringify(of ?? null),
});
const blamed = async (told: Told, field?: string) => {
  const applies = told.map((one, index) => applyOf(index, one));
  const fieldsAt = (apply: AppliedManifests): Promise<Fields | undefined> => {
    const of = told[applies.indexOf(apply)];
    return Promise.resolve(of && new Map(Object.entries(of)));
  };
  const fields = await blameFields(applies, fieldsAt, { field, all: true });
  return fields?.map(({ path, apply }) => [path, apply.plan]);
};

/** The last of the applies in a row that set a field to what it is. */
const naive = (told: Told, path: string): string => {
  let at = 0;
  while (at + 1 < told.length && told[at + 1]?.[path] === told[0]?.[path]) at += 1;
  return `p${at}`;
};

describe('the blame of a field', () => {
  it('is the first of the applies in a row that set it so', async () => {
    const told = [
      { '/a': 2, '/b': 1, '/c': 1 },
      { '/a': 2, '/b': 1 },
      { '/a': 1, '/b': 1 },
      undefined,
      { '/b': 1 },
    ];
    expect(await blamed(told)).toEqual([
      ['/a', 'p1'],
      ['/b', 'p2'],
      ['/c', 'p0'],
    ]);
    expect(await blamed(told, '/b')).toEqual([['/b', 'p2']]);
    expect(await blamed(told, '/none')).toEqual([]);
  });

  it('is nobody’s where there is no apply, or the last has no such object', async () => {
    expect(await blamed([])).toBeUndefined();
    expect(await blamed([undefined, { '/a': 1 }])).toBeUndefined();
  });

  it('equals a look at every apply, whatever comes and goes', async () => {
    const some = fc.option(fc.dictionary(fc.constantFrom('/a', '/b', '/c'), fc.integer({ min: 0, max: 2 })), {
      nil: undefined,
      freq: 5,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 8 }), async (told) => {
        const expected = Object.keys(told[0] ?? {}).map((path) => [path, naive(told, path)]);
        expect(await blamed(told)).toEqual(told[0] && expected);
      }),
    );
  });
});
