import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { GitError } from '../git-error.js';
import { runGit } from '../process/run-git.js';
import { answerByBackend } from './http-backend.js';

/** The repositories of a folder (`<dir>/<name>.git`), served over smart HTTP on this machine. */
export type GitServerOptions = {
  readonly dir: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Told the repository's name after a push that changed it. */
  readonly onPush?: (repository: string) => void;
};

/** A Git server that runs. */
export type GitServer = {
  readonly port: number;
  /** The clone address of a repository; whoever has it may push. */
  readonly urlOf: (repository: string) => string;
  readonly close: () => Promise<void>;
};

const segmentFile = 'segment';
const address = '127.0.0.1';
const route =
  /^\/([0-9a-f]+)\/([A-Za-z0-9][A-Za-z0-9._-]*)\.git(\/(?:info\/refs|git-upload-pack|git-receive-pack))$/;

/** The part of every clone address that only its reader knows; made once, kept beside the repositories. */
const keptSegment = async (dir: string): Promise<string> => {
  const file = join(dir, segmentFile);
  const made = randomBytes(16).toString('hex');
  await mkdir(dir, { recursive: true });
  await writeFile(file, made, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
};

const isEqual = (a: string, b: string): boolean => {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
};

/** What the refs of a repository point at, as one text. */
const refsOf = async (repository: string): Promise<string> => {
  const listed = await runGit({
    dir: repository,
    args: ['for-each-ref', '--format=%(refname) %(objectname)'],
  });
  return listed.stdout.toString();
};

/** Starts the server; it listens on 127.0.0.1 alone. Throws `git-failed` where the port is taken. */
export const startGitServer = async ({ dir, port, onPush }: GitServerOptions): Promise<GitServer> => {
  const segment = await keptSegment(dir);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', `http://${address}`);
    const [, given = '', name = '', service = ''] = route.exec(url.pathname) ?? [];
    if (!isEqual(given, segment) || name.includes('..')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such repository.\n');
      return;
    }
    const backend = { root: dir, pathInfo: `/${name}.git${service}`, query: url.search.slice(1) };
    const repository = join(dir, `${name}.git`);
    const isPush = service === '/git-receive-pack' && onPush !== undefined;
    const before = isPush ? await refsOf(repository) : '';
    const succeeded = await answerByBackend(request, response, backend);
    if (isPush && succeeded && (await refsOf(repository)) !== before) onPush(name);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new GitError('git-failed', `the Git server cannot listen on port ${port}: ${cause.message}`)),
    );
    server.listen(port, address, resolve);
  });
  const listening = (server.address() as AddressInfo).port;
  return {
    port: listening,
    urlOf: (repository) => `http://${address}:${listening}/${segment}/${repository}.git`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
