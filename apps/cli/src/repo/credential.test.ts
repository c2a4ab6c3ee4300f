import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCredential } from './credential.js';
import { readSigning } from './signing.js';

let folder: string;
let file: string;
const input = (text: string) => () => Promise.resolve(text);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-credential-'));
  file = join(folder, 'file');
  await writeFile(file, 'what is in it\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a credential', () => {
  test('is what comes on standard input, or the file that is named', async () => {
    expect(await readCredential({}, input(''))).toBeUndefined();
    expect(await readCredential({ tokenStdin: true }, input('t\n'))).toEqual({ token: 't' });
    const named = { username: 'ada', passwordStdin: true };
    expect(await readCredential(named, input('p\n'))).toEqual({ username: 'ada', password: 'p' });
    expect(await readCredential({ deployKey: file }, input(''))).toEqual({ privateKey: 'what is in it\n' });
  });

  test.each([
    [{ username: 'ada' }, /--password-stdin or --token-stdin with --username/],
    [{ tokenStdin: true, deployKey: 'x' }, /not both/],
    [{ username: 'ada', deployKey: 'x' }, /stands in the address/],
    [{ deployKey: '/nonexistent/key' }, /cannot be read/],
    [{ tokenStdin: true }, /Nothing came on standard input/],
  ])('is refused as %j', async (options, sentence) => {
    await expect(readCredential(options, input(''))).rejects.toThrow(sentence);
  });
});

describe('the signatures that are asked for', () => {
  test('are those of the files that are named, of nobody any longer, or as they were', async () => {
    expect(await readSigning({})).toEqual({});
    expect(await readSigning({ allowUnsigned: true })).toEqual({ signatures: null });
    const text = 'what is in it\n';
    expect(await readSigning({ requireSigned: true, keyring: file, allowedSigners: file })).toEqual({
      signatures: { keyring: text, allowedSigners: text },
    });
  });

  test.each([
    [{ requireSigned: true }, /with --keyring, --allowed-signers, or both/],
    [{ keyring: 'x' }, /Give --require-signed with/],
    [{ requireSigned: true, keyring: 'x', allowUnsigned: true }, /not both/],
  ])('are refused as %j', async (options, sentence) => {
    await expect(readSigning(options)).rejects.toThrow(sentence);
  });
});
