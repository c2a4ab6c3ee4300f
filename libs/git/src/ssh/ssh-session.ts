import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { HostKey } from '@syncline/events';

import type { GitRun } from '../process/run-git.js';
import { knownHostsText } from './host-keys.js';
import { readPrivateKey } from './private-key.js';

/** Whom a session signs in as, and whom it believes. */
export type SshOptions = {
  readonly url: URL;
  readonly privateKey?: string;
  readonly hostKeys?: readonly HostKey[];
};

/** What a git command over SSH is run with. */
export type SshSettings = Pick<GitRun, 'env' | 'launcher' | 'input'>;

/** No setting of the user or the machine has a say, nobody is asked anything, and an unknown host is refused. */
const options = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'GlobalKnownHostsFile=/dev/null',
  'UpdateHostKeys=no',
  'CheckHostIP=no',
  'IdentityFile=none',
  'PreferredAuthentications=publickey',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'PermitLocalCommand=no',
  'ControlMaster=no',
  'ControlPath=none',
  'ConnectTimeout=20',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=2',
  'LogLevel=ERROR',
] as const;

const sshCommand = (hasKey: boolean): string =>
  [
    'ssh -F none',
    ...options.map((one) => `-o ${one}`),
    ...(hasKey ? [] : ['-o IdentityAgent=none']),
    '-o "UserKnownHostsFile=\\"$SYNCLINE_KNOWN_HOSTS\\""',
  ].join(' ');

/** Somebody signs in with a key at once or not at all; an agent that outlives a kill of everything else forgets it by then. */
const keySeconds = 120;

const script = [
  `ssh-add -q -t ${keySeconds} - && "$@" </dev/null`,
  'code=$?',
  'kill "$SSH_AGENT_PID"',
  'exit $code',
].join('; ');

/** The key goes from the standard input into an agent of this one command, which ends with it; so no file ever holds it. */
const launcherOf = (folder: string): readonly string[] => [
  'ssh-agent',
  ...['-a', join(folder, 'agent')],
  ...['sh', '-c', script, 'sh'],
];

/** Runs something with the settings of one SSH session; what it needs on the disk, which is nothing secret, is gone after it. */
export const withSshSession = async <Result>(
  { url, privateKey, hostKeys = [] }: SshOptions,
  run: (settings: SshSettings) => Promise<Result>,
): Promise<Result> => {
  const input = privateKey === undefined ? undefined : readPrivateKey(privateKey);
  const folder = await mkdtemp(join(tmpdir(), 'syncline-ssh-'));
  try {
    const knownHosts = join(folder, 'known_hosts');
    await writeFile(knownHosts, knownHostsText(url, hostKeys));
    return await run({
      env: {
        GIT_SSH_COMMAND: sshCommand(input !== undefined),
        GIT_SSH_VARIANT: 'ssh',
        SYNCLINE_KNOWN_HOSTS: knownHosts,
      },
      ...(input !== undefined && { input, launcher: launcherOf(folder) }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
