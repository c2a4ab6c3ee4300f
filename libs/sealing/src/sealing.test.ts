import { describe, expect, test } from 'vitest';

import { decryptPack, encryptPack, generateKeyPair, recipientOf, seal, unseal } from './index.js';

const text = new TextEncoder().encode('kubeconfig');

describe('sealed bytes', () => {
  test('open with the identity of a recipient and no other', async () => {
    const [service, other] = [await generateKeyPair(), await generateKeyPair()];
    const sealed = await seal(text, [service.recipient]);
    expect(await unseal(sealed, service.identity)).toEqual(text);
    await expect(unseal(sealed, other.identity)).rejects.toMatchObject({ code: 'cannot-unseal' });
    expect(await recipientOf(service.identity)).toBe(service.recipient);
  });
});

describe('an encrypted pack', () => {
  const key = new Uint8Array(32).fill(7);

  test('is equal bytes for equal content, and opens with its key alone', () => {
    const stored = encryptPack(text, key);
    expect(encryptPack(text, key)).toEqual(stored);
    expect(new Uint8Array(decryptPack(stored, key))).toEqual(text);
    expect(() => decryptPack(stored, new Uint8Array(32))).toThrow(/does not open/);
  });

  test('is refused where a byte is changed', () => {
    const stored = encryptPack(text, key);
    stored[stored.length - 1]! ^= 1;
    expect(() => decryptPack(stored, key)).toThrow(/does not open/);
  });
});

describe('sealing', () => {
  test('to several recipients lets each of them open', async () => {
    const pairs = [await generateKeyPair(), await generateKeyPair()];
    const sealed = await seal(
      text,
      pairs.map((pair) => pair.recipient),
    );
    for (const { identity } of pairs) expect(await unseal(sealed, identity)).toEqual(text);
  });

  test('does not show what is sealed, in equal bytes or in errors', async () => {
    const { recipient, identity } = await generateKeyPair();
    const [first, second] = [await seal(text, [recipient]), await seal(text, [recipient])];
    expect(first).not.toEqual(second);
    const failure = await unseal(first.slice(0, -1), identity).catch((error: unknown) => error);
    expect(String(failure)).not.toContain('kubeconfig');
    expect(failure).toMatchObject({ code: 'cannot-unseal', retryable: false });
  });

  test('refuses what is no key', async () => {
    await expect(seal(text, ['age1nonsense'])).rejects.toMatchObject({ code: 'bad-recipient' });
    await expect(recipientOf('AGE-SECRET-KEY-1NONSENSE')).rejects.toMatchObject({ code: 'bad-identity' });
  });
});
