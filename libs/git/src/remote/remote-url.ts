import { GitError } from '../git-error.js';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** How a remote is reached. */
export type Transport = 'https' | 'http' | 'file';

/**
 * Reads a remote's address. Throws {@link GitError} `url-refused` with a sentence on what is no address, what carries a
 * credential, and on plain HTTP beyond this machine.
 */
export const parseRemoteUrl = (text: string): { readonly url: URL; readonly transport: Transport } => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw refuse('The address of a repository is a URL, such as https://example.com/fleet.git.');
  if (url.username !== '' || url.password !== '')
    throw refuse(
      'The address holds a credential. Leave it out and give the credential by itself, so that it is sealed.',
    );
  if (url.hash !== '' || /[\0-\x20]/.test(text)) throw refuse('The address holds a space or a fragment.');
  switch (url.protocol) {
    case 'https:':
      return { url, transport: 'https' };
    case 'http:':
      if (loopback.test(url.hostname)) return { url, transport: 'http' };
      throw refuse(
        `Plain HTTP is read from this machine only, and ${url.hostname} is another: use https://.`,
      );
    case 'file:':
      if (url.hostname === '') return { url, transport: 'file' };
      throw refuse('A file address names a folder of this machine, such as file:///srv/git/fleet.git.');
    default:
      throw refuse(`${url.protocol}// is not read: use https://, or file:// for a folder of this machine.`);
  }
};

const refuse = (sentence: string): GitError => new GitError('url-refused', sentence);

/** How an address is named in sentences: never with its query. */
export const nameOfRemote = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;
