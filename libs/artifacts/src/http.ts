import { Agent, request, type Dispatcher } from 'undici';

import { ArtifactError } from './artifact-error.js';
import type { Limits } from './limits.js';

/** Who asks: headers for the one origin that they are for, and whether that one is known to speak plain HTTP. */
export type Access = {
  readonly origin: string;
  readonly authorization?: string;
  readonly plainHttp: boolean;
};

/** A bounded answer. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
};

/** What is asked for, and how much of an answer is read. */
export type Question = {
  readonly url: URL;
  readonly access: Access;
  readonly accept?: string;
  readonly mostBytes: number;
  readonly limits: Limits;
  readonly signal: AbortSignal;
};

const agent = new Agent({ connect: { timeout: 5_000 }, pipelining: 0, maxOrigins: 64 });

const textOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const flatten = (headers: Dispatcher.ResponseData['headers']): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, textOf(value)]));

const tooLarge = (url: URL, mostBytes: number): ArtifactError =>
  new ArtifactError('too-large', `${url.host} answers with more than ${mostBytes / 1024 / 1024} MiB`);

const readBody = async (
  body: Dispatcher.ResponseData['body'],
  { url, mostBytes }: Question,
  length: string | undefined,
): Promise<Uint8Array> => {
  if (Number(length ?? 0) > mostBytes) {
    body.destroy();
    throw tooLarge(url, mostBytes);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size <= mostBytes) continue;
    body.destroy();
    throw tooLarge(url, mostBytes);
  }
  return Buffer.concat(chunks);
};

/** A certificate that is not believed is no outage: nobody mends it by waiting. */
const isCertificate = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);

const failureOf = (error: unknown, { url, signal }: Question): unknown => {
  if (error instanceof ArtifactError) return error;
  const { name, code = '' } = error as { readonly name?: string; readonly code?: string };
  if (name === 'TimeoutError' || code.endsWith('_TIMEOUT'))
    return new ArtifactError('slow', `${url.host} takes too long to answer`, error);
  if (signal.aborted) return error;
  if (isCertificate(code))
    return new ArtifactError(
      'refused',
      `the certificate of ${url.host} is not to be believed (${code})`,
      error,
    );
  return new ArtifactError('unreachable', `${url.host} cannot be reached (${code || 'no answer'})`, error);
};

const verifyScheme = (url: URL, access: Access): void => {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && access.plainHttp && url.origin === access.origin) return;
  throw new ArtifactError(
    'refused',
    `${url.host} is reached without encryption, which only a registry that is registered as http:// may be`,
  );
};

const askOnce = async (question: Question): Promise<Answer> => {
  const { url, access, accept, limits, signal } = question;
  verifyScheme(url, access);
  const isOwn = url.origin === access.origin;
  const { statusCode, headers, body } = await request(url, {
    dispatcher: agent,
    headersTimeout: limits.answerMs,
    bodyTimeout: limits.answerMs,
    signal,
    headers: {
      'user-agent': 'syncline',
      ...(accept !== undefined && { accept }),
      // A credential is for the server that it was given for, whoever that one sends us to.
      ...(isOwn && access.authorization !== undefined && { authorization: access.authorization }),
    },
  });
  const flat = flatten(headers);
  return { status: statusCode, headers: flat, body: await readBody(body, question, flat['content-length']) };
};

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** Asks, follows a few redirects, and reads a bounded answer. Throws {@link ArtifactError} where there is none. */
export const ask = async (question: Question): Promise<Answer> => {
  try {
    let { url } = question;
    for (let hops = 0; hops <= question.limits.redirects; hops += 1) {
      const answer = await askOnce({ ...question, url });
      const { location } = answer.headers;
      if (!isRedirect(answer.status) || location === undefined) return answer;
      url = new URL(location, url);
    }
    throw new ArtifactError('unreachable', `${question.url.host} redirects without end`);
  } catch (error) {
    throw failureOf(error, question);
  }
};

/** The failure that a status stands for; nothing where it is none. */
export const refusalOf = (status: number, what: string): ArtifactError | undefined => {
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403)
    return new ArtifactError('refused', `${what} may not be read (HTTP ${status})`);
  if (status === 404 || status === 410)
    return new ArtifactError('gone', `${what} is not there (HTTP ${status})`);
  return new ArtifactError('unreachable', `${what} cannot be had (HTTP ${status})`);
};
