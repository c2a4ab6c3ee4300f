import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import ssh2, { type Connection, type PublicKeyAuthContext, type ServerChannel } from 'ssh2';

/** A key pair in OpenSSH's formats: the private key as a file holds it, the public one as one line. */
export type SshKeyPair = { readonly private: string; readonly public: string };

/** Makes a key pair as ssh-keygen would. */
export const generateSshKey = (type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519'): SshKeyPair => {
  if (type === 'ed25519') return ssh2.utils.generateKeyPairSync('ed25519');
  return ssh2.utils.generateKeyPairSync(type, { bits: type === 'rsa' ? 2048 : 256 });
};

/** Who may read what over SSH. */
export type SshServerOptions = {
  /** The folder whose bare repositories are served, by paths relative to it. */
  readonly dir: string;
  readonly hostKeys: readonly SshKeyPair[];
  /** Speaks the protocol of before 2018, in which nothing can be asked for that no ref names. */
  readonly isOld?: boolean;
  /** Told of each command before it is carried out, while its client waits. */
  readonly onCommand?: (command: string) => void;
  /** 0, and where absent, takes any free one. */
  readonly port?: number;
};

/** An SSH server that serves Git and nothing else. */
export type SshServer = {
  readonly port: number;
  /** `ssh://git@127.0.0.1:<port>/<repository>.git` */
  readonly urlOf: (repository: string) => string;
  /** The server's lines of a known_hosts file. */
  readonly knownHosts: string;
  /** Lets whoever holds this key in, and nobody else from now on. */
  readonly admit: (...publicKeys: string[]) => void;
  /** The commands that were asked for, in order. */
  readonly commands: readonly string[];
  readonly close: () => Promise<void>;
};

type Parsed = Exclude<ReturnType<typeof ssh2.utils.parseKey>, Error>;

const parsed = (text: string): Parsed => {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
};

const isAdmitted = (context: PublicKeyAuthContext, admitted: readonly Parsed[]): boolean => {
  const key = admitted.find((one) => one.getPublicSSH().equals(context.key.data));
  if (!key) return false;
  if (!context.signature) return true;
  // It gives an Error where a signature cannot be read.
  const verified: unknown = key.verify(context.blob ?? '', context.signature, context.hashAlgo);
  return verified === true;
};

/** `git-upload-pack '<path>'` below the folder, with the protocol that the client asks for. */
const serveGit = (channel: ServerChannel, dir: string, command: string, protocol: string): void => {
  const path = /^git-upload-pack '(?:\/)?([A-Za-z0-9][A-Za-z0-9._/-]*)'$/.exec(command)?.[1];
  if (path === undefined) {
    channel.stderr.end(`there is no command ${command}\n`);
    channel.exit(128);
    channel.end();
    return;
  }
  const env = { ...process.env, ...(protocol !== '' && { GIT_PROTOCOL: protocol }) };
  const child = spawn('git', ['-c', 'safe.directory=*', 'upload-pack', join(dir, path)], { env });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
};

/** Starts an SSH server on 127.0.0.1. It lets nobody in until a key is admitted. */
export const startSshServer = async ({
  dir,
  hostKeys,
  isOld = false,
  onCommand,
  port = 0,
}: SshServerOptions): Promise<SshServer> => {
  let admitted: readonly Parsed[] = [];
  const commands: string[] = [];
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: hostKeys.map((key) => key.private) }, (connection) => {
    connections.add(connection);
    connection.on('error', () => undefined);
    connection.on('close', () => connections.delete(connection));
    connection.on('authentication', (context) => {
      if (context.method === 'publickey' && isAdmitted(context, admitted)) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      const session = accept();
      let protocol = '';
      session.on('env', (acceptEnv, _reject, { key, val }) => {
        if (key === 'GIT_PROTOCOL' && !isOld) protocol = val;
        // It is there only where the client waits for an answer.
        if (typeof acceptEnv === 'function') acceptEnv();
      });
      session.on('exec', (acceptExec, _reject, { command }) => {
        commands.push(command);
        onCommand?.(command);
        serveGit(acceptExec(), dir, command, protocol);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const listening = (server.address() as AddressInfo).port;
  return {
    port: listening,
    commands,
    urlOf: (repository) => `ssh://git@127.0.0.1:${listening}/${repository}.git`,
    knownHosts: hostKeys.map((key) => `[127.0.0.1]:${listening} ${key.public}\n`).join(''),
    admit: (...publicKeys) => {
      admitted = publicKeys.map(parsed);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.end();
      }),
  };
};
