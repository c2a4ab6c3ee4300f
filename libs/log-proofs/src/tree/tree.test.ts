import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CompactRange, subtreesOf } from './compact-range.js';
import { emptyRoot, hashChildren, hashLeaf, leafData, leafHashOf, type Hash } from './hashes.js';
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from './proofs.js';
import { sizeOfStored, storedCount, storedIndex } from './stored-hashes.js';

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** The leaves and roots of the reference implementation's tests (google/certificate-transparency, merkletree). */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The tree as RFC 6962 writes it down, without any thrift. */
const plainRoot = (hashes: readonly Hash[]): Hash => {
  if (hashes.length === 0) return emptyRoot();
  if (hashes.length === 1) return hashes[0]!;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return hashChildren(plainRoot(hashes.slice(0, split)), plainRoot(hashes.slice(split)));
};

const treeOf = (hashes: readonly Hash[]) => {
  const stored: Hash[] = [];
  const range = new CompactRange((height, index, hash) => {
    expect(storedIndex(height, index)).toBe(stored.length);
    stored.push(hash);
  });
  for (const hash of hashes) range.append(hash);
  const read = (height: number, index: number): Promise<Hash> =>
    Promise.resolve(stored[storedIndex(height, index)]!);
  return { range, read, stored };
};

const hashes = (count: number): Hash[] =>
  Array.from({ length: count }, (_, at) => hashLeaf(new TextEncoder().encode(`leaf ${at}`)));

test('roots are those of the reference implementation', () => {
  const range = new CompactRange();
  expect(hex(range.root())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  leaves.forEach((leaf, at) => {
    range.append(hashLeaf(unhex(leaf)));
    expect(hex(range.root())).toBe(roots[at]);
  });
});

test('proofs are those of the reference implementation', async () => {
  const { read } = treeOf(leaves.map((leaf) => hashLeaf(unhex(leaf))));
  expect((await inclusionProof(read, 5, 8)).map(hex)).toEqual([
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  expect((await consistencyProof(read, 6, 8)).map(hex)).toEqual([
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
});

describe('a tree of any size', () => {
  const size = fc.integer({ min: 0, max: 300 });

  test('has the root that the RFC defines, and its subtrees stand where they are looked for', () => {
    fc.assert(
      fc.property(size, (count) => {
        const all = hashes(count);
        const { range, stored } = treeOf(all);
        expect(hex(range.root())).toBe(hex(plainRoot(all)));
        expect(stored.length).toBe(storedCount(count));
        expect(sizeOfStored(stored.length)).toBe(count);
        const kept = subtreesOf(count).map(({ height, index }) => stored[storedIndex(height, index)]!);
        expect(hex(CompactRange.of(count, kept).root())).toBe(hex(range.root()));
      }),
    );
  });

  test('proves each leaf and no other, in no other place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), async (count, one, other) => {
        const [leaf, wrong] = [one % count, other % count];
        const all = hashes(count);
        const { range, read } = treeOf(all);
        const path = await inclusionProof(read, leaf, count);
        const claim = { leaf, size: count, leafHash: all[leaf]!, root: range.root() };
        expect(verifyInclusion(claim, path)).toBe(true);
        expect(verifyInclusion({ ...claim, leaf: wrong }, path)).toBe(wrong === leaf);
        expect(verifyInclusion({ ...claim, leafHash: all[wrong]! }, path)).toBe(wrong === leaf);
        expect(verifyInclusion({ ...claim, size: count + 1 }, [...path, all[0]!])).toBe(false);
        expect(verifyInclusion(claim, [...path, all[0]!])).toBe(false);
        if (path.length > 0) expect(verifyInclusion(claim, path.slice(1))).toBe(false);
      }),
    );
  });

  test('proves that it begins with each smaller one, and with nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), async (count, less, flipped) => {
        const small = less % (count + 1);
        const all = hashes(count);
        const { range, read } = treeOf(all);
        const heads = { small, smallRoot: plainRoot(all.slice(0, small)), size: count, root: range.root() };
        const path = await consistencyProof(read, small, count);
        expect(verifyConsistency(heads, path)).toBe(true);
        if (small === 0) return;
        expect(verifyConsistency({ ...heads, smallRoot: hashLeaf(heads.smallRoot) }, path)).toBe(false);
        expect(verifyConsistency({ ...heads, root: hashLeaf(heads.root) }, path)).toBe(false);
        if (path.length === 0) return;
        const damaged = path.map((hash, at) => (at === flipped % path.length ? hashLeaf(hash) : hash));
        expect(verifyConsistency(heads, damaged)).toBe(false);
        expect(verifyConsistency(heads, path.slice(1))).toBe(false);
      }),
    );
  });
});

test('a subtree may stand for its leaves where one begins, and nowhere else', () => {
  const all = hashes(12);
  const range = new CompactRange();
  range.appendSubtree(3, plainRoot(all.slice(0, 8)));
  for (const leaf of all.slice(8)) range.append(leaf);
  expect(hex(range.root())).toBe(hex(plainRoot(all)));
  range.append(all[0]!);
  expect(() => range.appendSubtree(1, all[0]!)).toThrow(RangeError);
});

test('a leaf covers subject, time and bytes', () => {
  const message = { subject: 'ev.log', recordedAtNs: 1_777_905_068_000_000_001n, bytes: unhex('5b5d') };
  expect(new TextDecoder().decode(leafData(message))).toBe('ev.log\n1777905068000000001\n[]');
  expect(hex(leafHashOf(message))).toBe(hex(hashLeaf(leafData(message))));
});
