import type { RevisionRefusal } from '@syncline/events';

import type { GoodSignature } from './policy.js';

/** What a verifying program said, read. */
export type Status =
  | { readonly isGood: true; readonly signature: Omit<GoodSignature, 'bears'> }
  | { readonly isGood: false; readonly class: RevisionRefusal; readonly reason: string };

const refuse = (failure: RevisionRefusal, reason: string): Status => ({
  isGood: false,
  class: failure,
  reason,
});

/** A user id of OpenPGP: `Name (comment) <email>`. */
const signerOf = (userId: string): GoodSignature['signer'] => {
  const [, name = '', email = ''] = /^(.*?)\s*<([^<>]*)>\s*$/.exec(userId) ?? [];
  return email === '' ? { name: userId.trim(), email: userId.trim() } : { name: name.trim(), email };
};

/** Reads the status lines of gpg (doc/DETAILS of GnuPG), as `git verify-commit --raw` passes them on. */
export const readGpgStatus = (exitCode: number, said: string): Status => {
  const argumentsOf = (keyword: string): string | undefined =>
    new RegExp(`^\\[GNUPG:\\] ${keyword} (.+)$`, 'm').exec(said)?.[1];
  const keyOf = (keyword: string): string => argumentsOf(keyword)?.split(' ')[0] ?? 'unknown';
  if (argumentsOf('BADSIG') !== undefined)
    return refuse('wrongly-signed', `Its signature by ${keyOf('BADSIG')} is not of what it holds.`);
  if (argumentsOf('EXPKEYSIG') !== undefined)
    return refuse('wrongly-signed', `It is signed with the key ${keyOf('EXPKEYSIG')}, which has expired.`);
  if (argumentsOf('REVKEYSIG') !== undefined)
    return refuse('wrongly-signed', `It is signed with the key ${keyOf('REVKEYSIG')}, which was revoked.`);
  if (argumentsOf('EXPSIG') !== undefined)
    return refuse('wrongly-signed', `Its signature by ${keyOf('EXPSIG')} has expired.`);
  const good = argumentsOf('GOODSIG');
  const [key] = argumentsOf('VALIDSIG')?.split(' ') ?? [];
  if (exitCode === 0 && good !== undefined && key !== undefined)
    return {
      isGood: true,
      signature: { format: 'openpgp', key, signer: signerOf(good.replace(/^\S+ ?/, '')) },
    };
  if (argumentsOf('ERRSIG') !== undefined)
    return refuse(
      'unknown-signer',
      `It is signed with the key ${keyOf('ERRSIG')}, which is not in the keyring.`,
    );
  return refuse('wrongly-signed', 'Its signature cannot be read.');
};

const fingerprint = 'SHA256:[A-Za-z0-9+/]{43}';

/** Reads what ssh-keygen says of a signature, as `git verify-commit --raw` passes it on. */
export const readSshStatus = (exitCode: number, said: string): Status => {
  const good = new RegExp(`^Good "git" signature for (.+) with \\S+ key (${fingerprint})$`, 'm').exec(said);
  const [, principal, key] = good ?? [];
  if (exitCode === 0 && principal !== undefined && key !== undefined)
    return { isGood: true, signature: { format: 'ssh', key, signer: { name: principal, email: principal } } };
  const stranger = new RegExp(`^Good "git" signature with \\S+ key (${fingerprint})`, 'm').exec(said)?.[1];
  if (stranger !== undefined)
    return refuse('unknown-signer', `It is signed with the key ${stranger}, which is no allowed signer's.`);
  return refuse('wrongly-signed', 'Its signature is not of what it holds, or not good at that time.');
};
