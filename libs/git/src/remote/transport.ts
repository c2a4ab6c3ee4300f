import type { GitRun } from '../process/run-git.js';
import { withSshSession } from '../ssh/ssh-session.js';
import { verifySsh } from '../ssh/verify-ssh.js';
import { helperFor } from './credentials.js';
import type { RemoteOptions } from './remote.js';
import { nameOfRemote, type RemoteAddress } from './remote-url.js';

/** Less than a kilobyte a second for half a minute is slow. */
const slowBytes = '1000';
const slowSeconds = '30';

/** What a git command that reaches a remote is run with. */
export type TransportSettings = Required<Pick<GitRun, 'config' | 'env'>> & Pick<GitRun, 'launcher' | 'input'>;

/** The one protocol, and the patience, of a git command that reaches a remote. */
const settingsOf = (url: URL): Required<Pick<GitRun, 'config' | 'env'>> => {
  const transport = url.protocol.slice(0, -1);
  return {
    config: {
      [`protocol.${transport}.allow`]: 'always',
      // On loopback nothing may lead elsewhere; by HTTPS a redirect stays on HTTPS, the one protocol that is allowed.
      'http.followRedirects': transport === 'https' ? 'initial' : 'false',
      'http.lowSpeedLimit': slowBytes,
      'http.lowSpeedTime': slowSeconds,
      'http.emptyAuth': 'false',
    },
    env: { GIT_ALLOW_PROTOCOL: transport, GIT_PROTOCOL_FROM_USER: '0' },
  };
};

/** Runs something with what a git command needs to reach a remote, its credential included. */
export const withTransport = async <Result>(
  { url, transport }: RemoteAddress,
  { credential, hostKeys }: RemoteOptions,
  run: (settings: TransportSettings) => Promise<Result>,
): Promise<Result> => {
  const { config, env } = settingsOf(url);
  if (transport === 'ssh') {
    await verifySsh(nameOfRemote(url));
    const privateKey = credential?.privateKey;
    const session = { url, ...(privateKey !== undefined && { privateKey }), ...(hostKeys && { hostKeys }) };
    return withSshSession(session, (ssh) => run({ ...ssh, config, env: { ...env, ...ssh.env } }));
  }
  const helper = helperFor(url, credential);
  return run({ config: { ...config, ...helper.config }, env: { ...env, ...helper.env } });
};
