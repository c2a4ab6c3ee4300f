import { GitError } from '../git-error.js';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** What ssh takes for an option, or a shell for more than a name, is no host and no user. */
const sshHost = /^(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])$/;
const sshUser = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
/** `user@host:path`, as scp writes it (git-fetch, GIT URLS); a path that begins with `//` is a URL's. */
const scpForm = /^(?:([^@/:\s]+)@)?([^@/:\s[\]]+|\[[^\]\s]+\]):(?!\/\/)(\S+)$/;

/** How a remote is reached. */
export type Transport = 'https' | 'http' | 'file' | 'ssh';

/** A remote's address as it was read. */
export type RemoteAddress = {
  readonly url: URL;
  readonly transport: Transport;
  /** What git is given: the address as it was written, because `host:path` is relative to a home and a URL is not. */
  readonly address: string;
};

/**
 * Reads a remote's address. Throws {@link GitError} `url-refused` with a sentence on what is no address, what carries a
 * credential, and on plain HTTP beyond this machine.
 */
export const parseRemoteUrl = (text: string): RemoteAddress => {
  const scp = scpForm.exec(text);
  if (scp)
    return sshAddress(new URL(`ssh://${scp[1] ? `${scp[1]}@` : ''}${scp[2] ?? ''}/${scp[3] ?? ''}`), text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw refuse('The address of a repository is a URL, such as https://example.com/fleet.git.');
  const hasUser = url.username !== '' && url.protocol !== 'ssh:';
  if (hasUser || url.password !== '')
    throw refuse(
      'The address holds a credential. Leave it out and give the credential by itself, so that it is sealed.',
    );
  if (url.hash !== '' || /[\0-\x20]/.test(text)) throw refuse('The address holds a space or a fragment.');
  switch (url.protocol) {
    case 'https:':
      return { url, transport: 'https', address: url.href };
    case 'http:':
      if (loopback.test(url.hostname)) return { url, transport: 'http', address: url.href };
      throw refuse(
        `Plain HTTP is read from this machine only, and ${url.hostname} is another: use https://.`,
      );
    case 'file:':
      if (url.hostname === '') return { url, transport: 'file', address: url.href };
      throw refuse('A file address names a folder of this machine, such as file:///srv/git/fleet.git.');
    case 'ssh:':
      return sshAddress(url, url.href);
    default:
      throw refuse(
        `${url.protocol}// is not read: use https://, ssh:// or git@host:path, or file:// for a folder of this machine.`,
      );
  }
};

const sshAddress = (url: URL, address: string): RemoteAddress => {
  if (!sshHost.test(url.hostname)) throw refuse(`"${url.hostname}" is no host that is reached over SSH.`);
  if (url.username !== '' && !sshUser.test(url.username))
    throw refuse(`"${url.username}" is no user that signs in over SSH.`);
  if (/^\/+(?:-|$)/.test(url.pathname) || /['"`$\\!]/.test(address))
    throw refuse('The address names no repository, such as git@example.com:team/fleet.git.');
  return { url, transport: 'ssh', address };
};

const refuse = (sentence: string): GitError => new GitError('url-refused', sentence);

/** How an address is named in sentences: never with its query. */
export const nameOfRemote = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;
