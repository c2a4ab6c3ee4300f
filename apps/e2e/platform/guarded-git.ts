import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './command-line.js';
import { FleetRepository } from './fleet-repository.js';

/** Who may read. */
export type Reader = { readonly username: string; readonly password: string };

/** A Git server that asks for a password (RFC 7617); pushes go past it, into its folder. */
export type GuardedGit = {
  readonly urlOf: (repository: string) => string;
  /** Makes an empty repository and gives a clone of it. */
  readonly create: (repository: string) => Promise<FleetRepository>;
  readonly close: () => Promise<void>;
};

const header = /^(?<name>[^:]+):\s*(?<value>.*)$/;

/** Splits what a CGI program (RFC 3875) answers into status, headers and body. */
const answerWith = (output: Buffer, response: ServerResponse): void => {
  const end = output.indexOf('\r\n\r\n');
  let status = 200;
  for (const line of output.subarray(0, end).toString().split('\r\n')) {
    const { name = '', value = '' } = header.exec(line)?.groups ?? {};
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status).end(output.subarray(end + 4));
};

const serve = (root: string, request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { headers, method = 'GET' } = request;
  const environment: Record<string, string | undefined> = {
    ...{ PATH: process.env.PATH, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1' },
    ...{ PATH_INFO: url.pathname, QUERY_STRING: url.search.slice(1), REQUEST_METHOD: method },
    ...{ CONTENT_TYPE: headers['content-type'], HTTP_CONTENT_ENCODING: headers['content-encoding'] },
    ...{ GIT_PROTOCOL: headers['git-protocol'] as string | undefined },
  };
  const backend = spawn('git', ['http-backend'], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => answerWith(Buffer.concat(chunks), response));
  request.pipe(backend.stdin);
};

/** Starts the server on a free port of this machine. */
export const startGuardedGit = async ({ username, password }: Reader): Promise<GuardedGit> => {
  const root = await mkdtemp(join(tmpdir(), 'syncline-guarded-'));
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization === expected) serve(root, request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="guarded"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (repository) => `http://127.0.0.1:${port}/${repository}.git`,
    create: async (repository) => {
      const bare = join(root, `${repository}.git`);
      await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
      return FleetRepository.clone(bare, root);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(root, { recursive: true, force: true });
    },
  };
};
