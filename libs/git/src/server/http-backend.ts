import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { gitEnvironment } from '../process/run-git.js';

/** One request of a Git client, resolved to a repository below the root. */
export type BackendRequest = {
  readonly root: string;
  /** `/fleet.git/info/refs` */
  readonly pathInfo: string;
  readonly query: string;
};

const headerEnd = Buffer.from('\r\n\r\n');

const cgiEnvironment = (request: IncomingMessage, { root, pathInfo, query }: BackendRequest) => {
  const { headers } = request;
  const given = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol']?.toString(),
  };
  const present = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return gitEnvironment(
    { 'http.receivepack': 'true', 'receive.denyDeleteCurrent': 'ignore' },
    {
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: pathInfo,
      QUERY_STRING: query,
      REMOTE_ADDR: '127.0.0.1',
      ...Object.fromEntries(present),
    },
  );
};

/** Reads the head of a CGI answer (RFC 3875, section 6) and writes it as the head of an HTTP one. */
const writeHead = (head: string, response: ServerResponse): void => {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else if (colon > 0) response.appendHeader(name, value);
  }
  response.writeHead(status);
};

/** Lets `git http-backend` answer a request; resolves when the answer is sent, with whether the backend succeeded. */
export const answerByBackend = (
  request: IncomingMessage,
  response: ServerResponse,
  backend: BackendRequest,
): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn('git', ['http-backend'], { env: cgiEnvironment(request, backend) });
    let head: Buffer | undefined = Buffer.alloc(0);
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    request.pipe(child.stdin);
    child.stdout.on('data', (data: Buffer) => {
      if (!head) {
        response.write(data);
        return;
      }
      head = Buffer.concat([head, data]);
      const end = head.indexOf(headerEnd);
      if (end < 0) return;
      writeHead(head.toString('latin1', 0, end), response);
      response.write(head.subarray(end + headerEnd.length));
      head = undefined;
    });
    response.on('close', () => child.kill());
    child.on('error', () => response.destroy());
    child.on('close', (code) => {
      if (head && !response.headersSent) response.writeHead(500);
      response.end(() => resolve(code === 0 && !head));
      if (response.destroyed) resolve(false);
    });
  });
