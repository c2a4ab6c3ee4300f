import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Cluster } from '../cluster.js';
import { readAddress } from './address.js';
import { failure, pageNotFound, Refused, type Answer } from './answer.js';
import type { Call } from './call.js';
import { discover } from './discovery.js';
import { carryOut } from './resource-calls.js';
import { watch } from './watching.js';

/** The version that clients are told. What follows the plus is no prerelease, which charts' constraints would refuse. */
export const gitVersion = 'v1.36.3+syncline-sandbox';

const mostBytes = 3 * 1024 * 1024;

/**
 * What the requests of one cluster are answered with; `segments` is the path below the cluster's own. A watch answers by
 * itself, from then on: that is undefined.
 */
export const answerRequest = async (
  cluster: Cluster,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  segments: readonly string[],
): Promise<Answer | undefined> => {
  try {
    const body = await readText(request);
    return (
      answerPlain(cluster, request, url, segments) ??
      answerResource(cluster, request, response, url, segments, body)
    );
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return failure({ code: 500, reason: 'InternalError', message: `the sandbox failed: ${String(error)}` });
  }
};

/** The body of a request as text; refused where it is too large. */
export const readText = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= mostBytes) chunks.push(chunk);
  }
  if (size > mostBytes)
    throw new Refused(
      failure({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: limit is ${mostBytes}`,
      }),
    );
  return Buffer.concat(chunks).toString();
};

/** Writes an answer, or only half of it before the connection is cut; one that came too late for its client is dropped. */
export const write = (response: ServerResponse, answer: Answer, isCut = false): void => {
  if (response.headersSent || response.destroyed) return;
  const isText = 'text' in answer;
  const content = Buffer.from(isText ? answer.text : `${JSON.stringify(answer.body)}\n`);
  response.writeHead(answer.code, {
    'content-type': isText ? 'text/plain; charset=utf-8' : (answer.contentType ?? 'application/json'),
    'content-length': content.length,
    ...(!isText && answer.headers),
  });
  if (isCut) cutAfter(response, content.subarray(0, content.length >> 1));
  else response.end(content);
};

/** Sends what is there so far, and cuts the connection. */
export const cutAfter = (response: ServerResponse, content: Buffer): void =>
  void response.write(content, () => response.destroy());

const version = { major: '1', minor: '36', gitVersion, gitTreeState: 'clean', platform: 'syncline/sandbox' };

const openApi = ({ schemas }: Cluster, segments: readonly string[]): Answer => {
  const pathOf = (groupVersion: string): string =>
    groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
  if (segments.length === 0) {
    const paths = [...schemas.groupVersions().keys()].map(
      (one) => [pathOf(one), { serverRelativeURL: `/openapi/v3/${pathOf(one)}` }] as const,
    );
    return { code: 200, body: { paths: Object.fromEntries(paths) } };
  }
  const body = schemas.openApi(segments.slice(1).join('/'));
  return body ? { code: 200, body } : pageNotFound();
};

/** What is not about objects: health, version, discovery, schemas. */
const answerPlain = (
  cluster: Cluster,
  { method, headers }: IncomingMessage,
  _url: URL,
  segments: readonly string[],
): Answer | undefined => {
  if (method !== 'GET') return undefined;
  const [first = '', second] = segments;
  if (['readyz', 'livez', 'healthz'].includes(first)) return { code: 200, text: 'ok' };
  if (first === 'version') return { code: 200, body: version };
  if (first === 'openapi' && second === 'v3') return openApi(cluster, segments.slice(2));
  return discover(cluster.schemas, segments, headers.accept ?? '');
};

const answerResource = (
  cluster: Cluster,
  { method = '', headers }: IncomingMessage,
  response: ServerResponse,
  { searchParams: query }: URL,
  segments: readonly string[],
  body: string,
): Answer | undefined => {
  if (segments[0] !== 'api' && segments[0] !== 'apis') return pageNotFound();
  const call: Call = {
    cluster,
    address: readAddress(cluster.schemas, segments),
    method,
    query,
    contentType: headers['content-type'] ?? '',
    userAgent: headers['user-agent'] ?? '',
    accept: headers.accept ?? '',
    body,
  };
  const isWatch = method === 'GET' && (query.get('watch') === 'true' || query.get('watch') === '1');
  if (!isWatch || call.address.subresource !== undefined) return carryOut(call);
  if (call.address.name !== undefined) query.set('fieldSelector', `metadata.name=${call.address.name}`);
  watch(call, response);
  return undefined;
};
