import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { hashLeaf, isSameHash } from '../tree/hashes.js';
import { announceKey, openAnnouncement, openCheckpoint, signCheckpoint } from './checkpoint.js';
import { formatVerifier, parseVerifier, signerOf, verifierOf } from './keys.js';
import { parseNote, signersOf, signNote } from './signed-note.js';

/** The example of golang.org/x/mod/sumdb/note. */
const exampleKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const exampleNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
const signer = signerOf('syncline.test/log', new Uint8Array(32).fill(7));
const other = signerOf('syncline.test/log', new Uint8Array(32).fill(8));
const checkpoint = { origin: 'syncline.test/log', size: 17, root: hashLeaf(new Uint8Array()) };

test('a note of another implementation is read, and its signature is right', () => {
  const verifier = parseVerifier(exampleKey)!;
  expect(formatVerifier(verifier)).toBe(exampleKey);
  const note = parseNote(exampleNote)!;
  expect(signersOf(note, [verifier])).toEqual([verifier]);
  expect(signersOf({ ...note, text: note.text.replace('think', 'thank') }, [verifier])).toBeUndefined();
});

test.each([
  ['another hash', exampleKey.replace('c74f', 'c74e')],
  ['another kind', 'PeterNeumann+c74f20a3+AhpC'],
  ['no name', exampleKey.replace('PeterNeumann', '')],
  ['nothing', ''],
])('a key with %s is none', (_, text) => expect(parseVerifier(text)).toBeUndefined());

test.each([
  '',
  'text',
  'text\n',
  'text\n\n',
  'text\n\n- name AAAAAAA=\n',
  'text\n\n\u2014 name AAAA\n',
  'te\u0000xt\n\n\u2014 name AAAAAAA=\n',
])('%j is no note', (text) => expect(parseNote(text)).toBeUndefined());

describe('a checkpoint', () => {
  test('is opened by the key that signed it; several may sign', () => {
    const note = signCheckpoint(checkpoint, [signer, other]);
    expect(
      note.startsWith('syncline.test/log\n17\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n\u2014 '),
    ).toBe(true);
    const opened = openCheckpoint(note, [signer.verifier, other.verifier])!;
    expect([opened.origin, opened.size]).toEqual([checkpoint.origin, 17]);
    expect(isSameHash(opened.root, checkpoint.root)).toBe(true);
    expect(opened.signedBy).toHaveLength(2);
    expect(openCheckpoint(note, [])!.signedBy).toEqual([]);
  });

  test('of which any character is another is not opened as signed', () => {
    const note = signCheckpoint(checkpoint, [signer]);
    fc.assert(
      fc.property(
        fc.nat({ max: note.length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, character) => {
          if (note[at] === character) return;
          const opened = openCheckpoint(note.slice(0, at) + character + note.slice(at + 1), [
            signer.verifier,
          ]);
          expect(opened?.signedBy ?? []).toEqual([]);
        },
      ),
    );
  });

  test.each(['017', '-1', '1e3', '', '99999999999999999999'])('of size %j is none', (size) => {
    const text = `syncline.test/log\n${size}\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n`;
    expect(openCheckpoint(signNote(text, [signer]), [signer.verifier])).toBeUndefined();
  });
});

describe('a new key', () => {
  test('is announced by itself and by the one before it', () => {
    expect(openAnnouncement(announceKey(signer))).toEqual(signer.verifier);
    expect(openAnnouncement(announceKey(other, signer), signer.verifier)).toEqual(other.verifier);
  });

  test('that the one before it did not sign is none', () => {
    expect(openAnnouncement(announceKey(other), signer.verifier)).toBeUndefined();
    expect(openAnnouncement(signCheckpoint(checkpoint, [signer]))).toBeUndefined();
  });
});

test('no key has a name with spaces', () => {
  expect(() => verifierOf('a b', new Uint8Array(32))).toThrow(TypeError);
});
