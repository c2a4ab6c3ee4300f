import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  openMirror,
  openRemote,
  verifyPolicy,
  type ConcreteRef,
  type Mirror,
  type SignaturePolicy,
} from '../index.js';
import { openPgpSigner, sshSigner, type Signer } from './signers.js';
import { openWorkPlace, type Clone, type WorkPlace } from './work-place.js';

const hasGpg = execFileSync('sh', ['-c', 'command -v gpg || true']).length > 0;
const main: ConcreteRef = { kind: 'branch', name: 'main' };
const tag = (name: string): ConcreteRef => ({ kind: 'tag', name });
let place: WorkPlace;
let clone: Clone;
let mirror: Mirror;
let ada: Signer;
let eve: Signer;

/** What the policy makes of where a ref stands after a push. */
const judge = async (ref: ConcreteRef, policy: SignaturePolicy) => {
  const oid = await openRemote({ url: place.fileUrl('signed') }).fetch(ref, mirror);
  return mirror.verifySignature(oid, ref, policy);
};
const commit = async (...options: readonly string[]): Promise<void> => {
  await clone.git(...options, 'commit', '--quiet', '--allow-empty', '-m', 'change');
  await clone.push('--force', 'main');
};
const tagged = async (name: string, ...options: readonly string[]): Promise<void> => {
  await clone.git(...options, 'tag', '-f', '-m', 'release', name);
  await clone.push('--force', name);
};
const refused = (failure: string, reason: RegExp) => ({
  isGood: false,
  class: failure,
  reason: expect.stringMatching(reason) as string,
});

beforeAll(async () => {
  place = await openWorkPlace();
  clone = await place.create('signed');
  mirror = await openMirror(join(place.path, 'mirror'));
  [ada, eve] = [await sshSigner(place.path, 'ada'), await sshSigner(place.path, 'eve')];
});
afterAll(() => place.close());

describe('a policy of allowed SSH signers', () => {
  const policy = (): SignaturePolicy => ({ allowedSigners: ada.known });

  test('finds a commit good that one of them signed, and says who', async () => {
    await commit(...ada.options, '-c', 'commit.gpgSign=true');
    expect(await judge(main, policy())).toMatchObject({
      isGood: true,
      signature: {
        format: 'ssh',
        bears: 'commit',
        key: expect.stringMatching(/^SHA256:.{43}$/) as string,
        signer: { email: 'ada@example.com' },
      },
    });
  });

  test('refuses a commit that nobody signed, and one that another signed', async () => {
    await commit();
    expect(await judge(main, policy())).toEqual(refused('unsigned', /^The commit [0-9a-f]{7} is not signed/));
    await commit(...eve.options, '-c', 'commit.gpgSign=true');
    expect(await judge(main, policy())).toEqual(refused('unknown-signer', /key SHA256:\S{43}, which is no/));
  });

  test('refuses a signature that was taken from another commit', async () => {
    await commit(...ada.options, '-c', 'commit.gpgSign=true');
    const signed = execFileSync('git', ['-C', clone.dir, 'cat-file', 'commit', 'HEAD']).toString();
    const forged = execFileSync('git', ['-C', clone.dir, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
      input: signed.replace('change', 'something else'),
    });
    await clone.git('reset', '--quiet', '--hard', forged.toString().trim());
    await clone.push('--force', 'main');
    expect(await judge(main, policy())).toEqual(refused('wrongly-signed', /not of what it holds/));
  });

  test('takes the signature of a tag for that of the commit behind it', async () => {
    await commit();
    await tagged('v1.0.0', ...ada.options, '-c', 'tag.gpgSign=true');
    expect(await judge(tag('v1.0.0'), policy())).toMatchObject({ isGood: true, signature: { bears: 'tag' } });
    await tagged('v1.0.1');
    expect(await judge(tag('v1.0.1'), policy())).toEqual(refused('unsigned', /The commit .* is not signed/));
    await tagged('v1.0.2', ...eve.options, '-c', 'tag.gpgSign=true');
    expect(await judge(tag('v1.0.2'), policy())).toEqual(
      refused('unknown-signer', /^The tag v1.0.2 is refused/),
    );
  });

  test('refuses a signed tag that was published again under another name', async () => {
    await tagged('v1.1.0', ...ada.options, '-c', 'tag.gpgSign=true');
    await clone.git('push', '--quiet', 'origin', 'refs/tags/v1.1.0:refs/tags/v9.0.0');
    expect(await judge(tag('v9.0.0'), policy())).toEqual(refused('wrongly-signed', /calls itself v1\.1\.0/));
  });

  test('runs neither gpg nor anything of the repository', async () => {
    await clone.git('config', 'gpg.ssh.allowedSignersFile', '/nonexistent');
    await commit(...ada.options, '-c', 'commit.gpgSign=true');
    const bin = join(place.path, 'without-gpg');
    await mkdir(bin);
    for (const name of ['git', 'ssh-keygen', 'sh'])
      await symlink(execFileSync('which', [name]).toString().trim(), join(bin, name));
    const path = process.env.PATH;
    process.env.PATH = bin;
    const verdict = await judge(main, policy()).finally(() => (process.env.PATH = path));
    expect(verdict).toMatchObject({ isGood: true });
    process.env.PATH = bin;
    const verified = verifyPolicy({ keyring: 'anything' }).finally(() => (process.env.PATH = path));
    await expect(verified).rejects.toMatchObject({
      code: 'unequipped',
      message: expect.stringMatching(/takes gpg, which is not on this machine: install gnupg/) as string,
    });
  });
});

describe.runIf(hasGpg)('a policy of an OpenPGP keyring', () => {
  let grace: Signer;
  let stranger: Signer;
  const policy = (): SignaturePolicy => ({ keyring: grace.known });

  beforeAll(async () => {
    grace = await openPgpSigner(place.path, 'grace');
    stranger = await openPgpSigner(place.path, 'stranger');
  });

  test('finds commits and tags good that its keys signed, and says who', async () => {
    await commit(...grace.options, '-c', 'commit.gpgSign=true');
    const signer = { name: 'grace', email: 'grace@example.com' };
    const key = expect.stringMatching(/^[0-9A-F]{40}$/) as string;
    expect(await judge(main, policy())).toEqual({
      isGood: true,
      signature: { format: 'openpgp', bears: 'commit', key, signer },
    });
    await tagged('v2.0.0', ...grace.options, '-c', 'tag.gpgSign=true');
    expect(await judge(tag('v2.0.0'), policy())).toMatchObject({ isGood: true, signature: { bears: 'tag' } });
  });

  test('refuses another key, an expired one, and SSH, each in its own words', async () => {
    await commit(...stranger.options, '-c', 'commit.gpgSign=true');
    expect(await judge(main, policy())).toEqual(refused('unknown-signer', /which is not in the keyring/));
    const late = await openPgpSigner(place.path, 'late', '20200101T120000');
    await commit(...late.options, '-c', 'commit.gpgSign=true');
    expect(await judge(main, { keyring: late.known })).toEqual(
      refused('wrongly-signed', /which has expired/),
    );
    await commit(...ada.options, '-c', 'commit.gpgSign=true');
    expect(await judge(main, policy())).toEqual(refused('unknown-signer', /names no such signers/));
    expect(await judge(main, { ...policy(), allowedSigners: ada.known })).toMatchObject({ isGood: true });
  });

  test('is refused itself where it holds no key', async () => {
    await expect(verifyPolicy({ keyring: 'no key at all' })).rejects.toThrow(/holds no OpenPGP public key/);
    await expect(verifyPolicy({ allowedSigners: '# nobody\n' })).rejects.toThrow(/names nobody/);
    await expect(verifyPolicy({})).rejects.toThrow(/takes a keyring or/);
    await verifyPolicy({ keyring: grace.known, allowedSigners: ada.known });
  });
});
