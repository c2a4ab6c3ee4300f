import { readFile } from 'node:fs/promises';

import {
  ExportVerifier,
  readCheckpoints,
  readKeys,
  WrongExport,
  type Beside,
  type ExportReport,
} from '@syncline/log-proofs';
import { numbersFrom, seedOfRun } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { framesOf, mutations, sealed } from '../../testing/export-mutations.js';
import { firstKey, keyText, RecordedLog, secondKey } from '../../testing/recorded-log.js';

const verify = (file: Uint8Array, beside?: Beside, chunk = file.length): ExportReport => {
  const verifier = new ExportVerifier(beside);
  for (let at = 0; at < file.length; at += chunk) verifier.push(file.subarray(at, at + chunk));
  return verifier.finish();
};
const wrongOf = (file: Uint8Array, beside?: Beside): WrongExport | undefined => {
  try {
    verify(file, beside);
    return undefined;
  } catch (error) {
    if (error instanceof WrongExport) return error;
    throw error;
  }
};

let log: RecordedLog;
let whole: Buffer;
beforeAll(async () => {
  log = await RecordedLog.begin();
  for (let at = 0; at < 40; at += 1) {
    await log.append(at);
    if (at % 13 === 12) await log.sign();
  }
  await log.close();
  await log.open(secondKey, firstKey);
  for (let at = 40; at < 60; at += 1) await log.append(at);
  whole = await log.export();
});
afterAll(() => log.remove());

describe('an export of the whole log', () => {
  it('is right by itself, by either key, and by what the witness has, in whatever pieces it comes', async () => {
    const witnessed = readCheckpoints(await readFile(log.witness, 'utf8'));
    expect(witnessed).toHaveLength(4);
    const keys = [firstKey, secondKey].map(keyText);
    for (const key of keys)
      expect(verify(whole, { keys: readKeys([key]), witnessed })).toMatchObject({
        scope: { of: 'all' },
        ...{ checkpoints: 4, witnessed: 4, missing: 0, isKeyGiven: true, key: keys[1] },
      });
    const report = verify(whole);
    expect(report.messages).toBe(report.size);
    expect(report.isKeyGiven).toBe(false);
    for (const chunk of [1, 7, 1_000]) expect(verify(whole, {}, chunk)).toEqual(report);
  });

  it('is wrong for who knows another key', () => {
    const beside = { keys: readKeys([keyText(new Uint8Array(32).fill(1))]) };
    expect(wrongOf(whole, beside)?.message).toMatch(/none of the given keys/);
  });

  it('is wrong for who has another checkpoint, and says up to where the log was the same', async () => {
    const [one, two, ...others] = readCheckpoints(await readFile(log.witness, 'utf8'));
    const witnessed = [one!, { ...two!, root: one!.root }, ...others];
    expect(wrongOf(whole, { witnessed })).toMatchObject({ position: one!.size + 1 });
  });

  it('holds each blob once, and says where one is missing', async () => {
    const blobs = framesOf(whole).flatMap(({ words }) => (words[0] === 'blob' ? [words[1]] : []));
    expect(new Set(blobs).size).toBe(blobs.length);
    const absent = { digest: 'e'.repeat(64), size: 3, mediaType: 'application/json' };
    const other = await RecordedLog.begin();
    await other.append(1);
    await other.appendNaming('edge-1', absent);
    await other.appendNaming('edge-1', { ...absent, digest: 'f'.repeat(64), mediaType: 'application/age' });
    expect(verify(await other.export())).toMatchObject({ missing: 1, firstMissing: 2, blobs: 1 });
    await other.remove();
  });
});

describe('an export of a part', () => {
  it('shows the range, hides the rest, and leads to the same root', async () => {
    for (const [from, to] of [[1, 1], [5, 9], [17, 44], [33, 62]] as const) {
      const file = await log.export({ of: 'range', from, to });
      const report = verify(file);
      expect(report).toMatchObject({ scope: { of: 'range', from, to }, checkpoints: 1 });
      const shown = framesOf(file).flatMap(({ words }) => (words[0] === 'message' ? [Number(words[1])] : []));
      for (let at = from; at <= to; at += 1) expect(shown).toContain(at);
      // Beside the range there are the two announcements of keys.
      expect(shown.length).toBeLessThanOrEqual(to - from + 3);
    } // prettier-ignore
  });

  it('shows what belongs to a change, and nothing of others', async () => {
    const file = await log.export({ of: 'change', change: 'c-3' });
    expect(verify(file, { keys: readKeys([keyText(firstKey)]) }).messages).toBe(12 + 2);
    expect(file.toString()).not.toContain('"correlationid":"c-2"');
  });

  it('that hides a message of its range is wrong there', async () => {
    const file = await log.export({ of: 'range', from: 8, to: 12 });
    const frames = framesOf(file);
    const at = frames.findIndex(({ words }) => words[0] === 'message' && words[1] === '10');
    const hidden = { words: ['hidden', '10', '0', frames[at]!.words[4]!], body: Buffer.alloc(0) };
    const own = frames.slice(at + 1).findIndex(({ words }) => words[0] !== 'blob');
    const without = frames.toSpliced(at, 1 + own, hidden);
    expect(wrongOf(sealed(without))).toMatchObject({ position: 10 });
  });
});

describe('a thousand changes', () => {
  const seed = seedOfRun();
  const names = Object.keys(mutations);
  const each = Math.ceil(1_000 / names.length);

  it.each(names)(`are all found: %s (seed ${seed})`, (name) => {
    const next = numbersFrom(seed + names.indexOf(name));
    const random = (below: number): number => Math.floor(next() * below);
    for (let turn = 0; turn < each;) {
      const changed = mutations[name]!(whole, random);
      if (changed.equals(whole)) continue;
      turn += 1;
      const wrong = wrongOf(changed);
      expect(wrong, `${name}, turn ${turn} of seed ${seed}`).toBeInstanceOf(WrongExport);
      expect(wrong!.position).toBeGreaterThanOrEqual(1);
    }
  });

  it(`name the message whose bytes a disk has changed (seed ${seed})`, () => {
    const next = numbersFrom(seed);
    let begin = whole.indexOf('\n') + 1;
    for (const { words, body } of framesOf(whole)) {
      const line = whole.indexOf('\n', begin);
      if (words[0] === 'message') {
        const changed = Buffer.from(whole);
        const at = line + 1 + Math.floor(next() * body.length);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(wrongOf(changed)?.position).toBe(Number(words[1]));
      }
      begin = line + 1 + body.length + 1;
    }
  });
});
