import { GitError } from '../git-error.js';

const armour = /^-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----\s([\s\S]+?)-----END \1-----\s*$/;
const magic = 'openssh-key-v1\0';

/** The cipher that an OpenSSH key is under (PROTOCOL.key): a length and a name after the magic. */
const cipherOf = (body: Buffer): string => {
  if (body.toString('latin1', 0, magic.length) !== magic) return 'unknown';
  const length = body.readUInt32BE(magic.length);
  return body.toString('latin1', magic.length + 4, magic.length + 4 + length);
};

const refuse = (sentence: string): GitError => new GitError('url-refused', sentence);

/**
 * A deploy key as ssh-add takes it. Throws `url-refused` with a sentence where it is no private key, or one under a
 * passphrase that nobody is there to enter.
 */
export const readPrivateKey = (text: string): string => {
  const [, kind = '', body = ''] = armour.exec(text.trim()) ?? [];
  if (kind === '')
    throw refuse('The deploy key is no private key. Give the file that ssh-keygen wrote, not its .pub.');
  const isOpenSsh = kind === 'OPENSSH PRIVATE KEY';
  const isLocked = isOpenSsh
    ? cipherOf(Buffer.from(body, 'base64')) !== 'none'
    : kind === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED');
  if (isLocked)
    throw refuse(
      'The deploy key is under a passphrase. Give one without: it is sealed before it leaves your machine.',
    );
  return `${text.trim()}\n`;
};
