import type { GitRun } from '../process/run-git.js';
import { helperFor } from './credentials.js';
import type { GitCredential } from './remote.js';

/** Less than a kilobyte a second for half a minute is slow. */
const slowBytes = '1000';
const slowSeconds = '30';

/** What a git command that reaches a remote is run with: its one protocol, its credential, its patience. */
export const transportSettings = (
  url: URL,
  credential: GitCredential | undefined,
): Required<Pick<GitRun, 'config' | 'env'>> => {
  const transport = url.protocol.slice(0, -1);
  const helper = helperFor(url, credential);
  return {
    config: {
      [`protocol.${transport}.allow`]: 'always',
      // On loopback nothing may lead elsewhere; by HTTPS a redirect stays on HTTPS, the one protocol that is allowed.
      'http.followRedirects': transport === 'https' ? 'initial' : 'false',
      'http.lowSpeedLimit': slowBytes,
      'http.lowSpeedTime': slowSeconds,
      'http.emptyAuth': 'false',
      ...helper.config,
    },
    env: { GIT_ALLOW_PROTOCOL: transport, GIT_PROTOCOL_FROM_USER: '0', ...helper.env },
  };
};
