import type { GitError } from '../git-error.js';
import { fingerprintOf, hostKeyText } from '../ssh/host-keys.js';
import { scanHostKeys } from '../ssh/scan-host-keys.js';
import { classifyStderr, fetchError } from './classify.js';
import { redact } from './credentials.js';
import type { RemoteOptions } from './remote.js';
import { nameOfRemote, type RemoteAddress } from './remote-url.js';

/** The failure behind what a git command said that reached a remote. A host key is named by fingerprint, and so is what is known. */
export const classifySaid = async (
  stderr: string,
  { url, address }: RemoteAddress,
  { credential, hostKeys = [] }: RemoteOptions,
): Promise<GitError> => {
  const failure = classifyStderr(redact(stderr, credential), nameOfRemote(url));
  if (failure.code !== 'host-key') return failure;
  const shown = /SHA256:[A-Za-z0-9+/]{43}/.exec(stderr)?.[0];
  const scanned = await scanHostKeys(address).catch(() => []);
  const isShown = scanned.filter((key) => fingerprintOf(key) === shown);
  const offered = isShown.length > 0 ? isShown : scanned;
  const shows =
    offered.length > 0 ? offered.map(hostKeyText).join(', ') : (shown ?? 'nothing that can be read');
  const known = hostKeys.map(hostKeyText).join(', ');
  const sentence =
    known === ''
      ? `It shows ${shows}, and no key of this host is known yet.`
      : `It shows ${shows}, and known is ${known}: the host was set up anew, or somebody stands between.`;
  return fetchError('host-key', nameOfRemote(url), sentence);
};
