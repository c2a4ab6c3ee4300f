import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { HostKey } from '@syncline/events';

import { GitError } from '../git-error.js';
import { fetchError } from '../remote/classify.js';
import { nameOfRemote, parseRemoteUrl } from '../remote/remote-url.js';
import { knownHostName, readKnownHosts } from './host-keys.js';
import { verifySsh } from './verify-ssh.js';

const run = promisify(execFile);
const patienceSeconds = 10;

/**
 * The keys that the host of an SSH address shows now, of every type. They are as trustworthy as the network that they came
 * by: somebody has to compare the fingerprints. Throws {@link GitError} of a class of FetchFailed.
 */
export const scanHostKeys = async (address: string, signal?: AbortSignal): Promise<readonly HostKey[]> => {
  const { url, transport } = parseRemoteUrl(address);
  const remote = nameOfRemote(url);
  if (transport !== 'ssh')
    throw new GitError('url-refused', `${remote} is not reached over SSH: there is no host key to trust.`);
  await verifySsh(remote);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const args = ['-T', String(patienceSeconds), '-p', url.port || '22', '-t', 'ed25519,ecdsa,rsa', '--', host];
  const { stdout, said } = await run('ssh-keyscan', args, { ...(signal && { signal }) }).then(
    (one) => ({ stdout: one.stdout, said: one.stderr }),
    (error: unknown) => ({ stdout: '', said: error instanceof Error ? error.message : '' }),
  );
  const keys = stdout.trim() === '' ? [] : readKnownHosts(stdout, url);
  if (keys.length > 0) return keys;
  const why = said.split('\n').findLast((line) => line.trim() !== '' && !line.startsWith('#'));
  throw fetchError('unreachable', remote, `${knownHostName(url)} shows no host key. ${why ?? ''}`);
};
