import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Somebody who signs: with what git is told, and by what others know them. */
export type Signer = {
  /** Options of git, before its command. */
  readonly options: readonly string[];
  /** The armoured public key, or the line of an allowed signers file. */
  readonly known: string;
};

/** Somebody with an OpenPGP key in a home of their own; where a time is given, a key of that day that expired the day after. */
export const openPgpSigner = async (dir: string, name: string, time?: string): Promise<Signer> => {
  const home = join(dir, `gpg-${name}`);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const clock = time === undefined ? [] : ['--faked-system-time', time];
  const gpg = async (...args: string[]): Promise<string> =>
    (await run('gpg', ['--homedir', home, '--batch', '--no-tty', '--quiet', ...clock, ...args])).stdout;
  const id = `${name} <${name}@example.com>`;
  await gpg(
    '--passphrase',
    '',
    '--quick-generate-key',
    id,
    'ed25519',
    'sign',
    time === undefined ? 'never' : '1d',
  );
  const program = join(home, 'sign');
  await writeFile(
    program,
    `#!/bin/sh\nexec gpg --homedir '${home}' --batch --no-tty ${clock.join(' ')} "$@"\n`,
    {
      mode: 0o755,
    },
  );
  const settings = ['gpg.format=openpgp', `gpg.program=${program}`, `user.signingKey=${name}@example.com`];
  return { options: settings.flatMap((one) => ['-c', one]), known: await gpg('--armor', '--export') };
};

/** Somebody with an SSH key that signs. */
export const sshSigner = async (dir: string, name: string): Promise<Signer> => {
  const file = join(dir, `ssh-${name}`);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  const [type = '', key = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
  const settings = ['gpg.format=ssh', `user.signingKey=${file}`];
  return {
    options: settings.flatMap((one) => ['-c', one]),
    known: `${name}@example.com namespaces="git" ${type} ${key}\n`,
  };
};
