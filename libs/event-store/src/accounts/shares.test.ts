import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { clustersOf, decodeShares, encodeShares, spread, type Share } from './shares.js';

const access = (account: string) => ({ account, token: `token-of-${account}` });

describe('the clusters of an applier', () => {
  it('go to the account that it starts with while there is room, and then to others', () => {
    const { shares, left } = spread([], ['c', 'a', 'b', 'e', 'd'], 2);
    expect(shares).toEqual([{ clusters: ['a', 'b'] }]);
    expect(left).toEqual([['c', 'd'], ['e']]);
  });

  it('keep their account when others come and go', () => {
    const before: readonly Share[] = [
      { clusters: ['a', 'b'] },
      { clusters: ['c', 'd'], access: access('A2') },
    ];
    expect(spread(before, ['b', 'c', 'd', 'x', 'y'], 2)).toEqual({
      shares: [{ clusters: ['b', 'x'] }, { clusters: ['c', 'd'], access: access('A2') }],
      left: [['y']],
    });
  });

  it('stay where they are though there are more than would be put there now', () => {
    expect(spread([{ clusters: ['a', 'b', 'c'] }], ['a', 'b', 'c', 'd'], 2)).toEqual({
      shares: [{ clusters: ['a', 'b', 'c'] }],
      left: [['d']],
    });
  });

  it('are each in one place, whatever was before', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 2 }), { maxLength: 30 });
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 5 }), (before, wanted, room) => {
        const first = spread([], before, room);
        const opened = first.left.map((clusters, at) => ({ clusters, access: access(String(at)) }));
        const { shares, left } = spread([...first.shares, ...opened], wanted, room);
        expect([...clustersOf(shares), ...left.flat()].sort()).toEqual([...wanted].sort());
        for (const { clusters } of shares) expect(clusters.length).toBeLessThanOrEqual(room);
        expect(left.length).toBeLessThanOrEqual(Math.ceil(wanted.length / room));
      }),
    );
  });

  it('are read as they were written, and as they were written when there was one account', () => {
    const shares: readonly Share[] = [{ clusters: ['a'] }, { clusters: ['b'], access: access('A2') }];
    expect(decodeShares(encodeShares(shares))).toEqual(shares);
    expect(encodeShares([{ clusters: ['a'] }])).toBe('["a"]');
    expect(decodeShares('["a"]')).toEqual([{ clusters: ['a'] }]);
  });
});
