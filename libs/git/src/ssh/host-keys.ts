import { createHash, createHmac } from 'node:crypto';

import type { HostKey } from '@syncline/events';

import { GitError } from '../git-error.js';

const keyType = /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9-]+@openssh\.com)$/;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** A host has one key of each type, and a fleet of hosts behind one name some more. */
const mostKeys = 20;
const defaultPort = '22';

/** The fingerprint of a host key as ssh shows it: `SHA256:` and the digest in base64 without padding. */
export const fingerprintOf = ({ key }: HostKey): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;

/** A host key in a sentence. */
export const hostKeyText = (key: HostKey): string =>
  `${key.type.replace(/^ssh-/, '').replace(/-.*$/, '')} ${fingerprintOf(key)}`;

/** How a host is named in known_hosts (sshd(8)): with its port in brackets where that is not 22. */
export const knownHostName = (url: URL): string => {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return url.port === '' || url.port === defaultPort ? host : `[${host}]:${url.port}`;
};

/** The lines of a known_hosts file for one host. */
export const knownHostsText = (url: URL, keys: readonly HostKey[]): string =>
  keys.map(({ type, key }) => `${knownHostName(url)} ${type} ${key}\n`).join('');

const isHashed = (name: string, field: string): boolean => {
  const [, , salt = '', hash = ''] = field.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
};

const toPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );

const isNamed = (name: string, field: string): boolean => {
  if (field.startsWith('|1|')) return isHashed(name, field);
  const patterns = field.split(',');
  if (patterns.some((one) => one.startsWith('!') && toPattern(one.slice(1)).test(name))) return false;
  return patterns.some((one) => !one.startsWith('!') && toPattern(one).test(name));
};

const refuse = (sentence: string): GitError => new GitError('url-refused', sentence);

/** The key that a line names for a host; undefined where it is about another one, or about none. */
const readLine = (line: string, number: number, name: string): HostKey | undefined => {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const [names = '', type = '', key = ''] = fields;
  if (names === '' || names.startsWith('#') || !isNamed(name, names)) return undefined;
  if (marker !== undefined)
    throw refuse(`Line ${number} of the known hosts is marked ${marker}, which is not carried out.`);
  if (!keyType.test(type) || !base64.test(key))
    throw refuse(`Line ${number} of the known hosts holds no host key.`);
  return { type, key };
};

/**
 * The keys that a known_hosts text (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) holds for the host of an address. Throws
 * `url-refused` where a line of this host cannot be read or is of an authority or a revoked key, and where none names it.
 */
export const readKnownHosts = (text: string, url: URL): readonly HostKey[] => {
  const name = knownHostName(url);
  const keys = text.split('\n').flatMap((line, index) => readLine(line, index + 1, name) ?? []);
  if (keys.length === 0) throw refuse(`The known hosts hold no key of ${name}.`);
  const distinct = [...new Map(keys.map((one) => [one.key, one])).values()];
  if (distinct.length > mostKeys) throw refuse(`The known hosts hold more than ${mostKeys} keys of ${name}.`);
  return distinct;
};
