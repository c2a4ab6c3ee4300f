import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';

import { fetchError } from './classify.js';
import { nameOfRemote, parseRemoteUrl } from './remote-url.js';

const mostRedirects = 3;
const redirects = [301, 302, 303, 307, 308];
/** A listing beyond this is none that anybody tracks a ref in. */
const largestAnswer = 64 * 1024 * 1024;

const collect = async (body: GitHttpRequest['body']): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  if (!body) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
};

/** What isomorphic-git reads an answer from: an iterator of one piece. */
export async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

const readAnswer = async (response: Response, remote: string): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (!body) return new Uint8Array();
  for await (const piece of body) {
    size += piece.length;
    if (size > largestAnswer) throw fetchError('too-large', remote, 'Its list of refs has no end.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

/** The next address of a redirect. A credential is sent to the server that it was given for, and no other. */
const nextOf = (from: URL, response: Response, hasCredential: boolean, remote: string): URL => {
  const location = response.headers.get('location') ?? '';
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!to) throw fetchError('corrupt', remote, 'It redirects to nowhere.');
  if (hasCredential && to.origin !== from.origin)
    throw fetchError('refused', remote, `It redirects to ${to.origin}, which the credential is not for.`);
  if (from.protocol === 'https:' && to.protocol !== 'https:')
    throw fetchError('refused', remote, 'It redirects away from HTTPS.');
  return parseRemoteUrl(to.href).url;
};

/** HTTP for isomorphic-git on the platform's fetch: bounded in time by the signal, in size, and in where it is sent. */
export const httpClient = (signal: AbortSignal): HttpClient => ({
  request: async ({ url, method = 'GET', headers = {}, body }: GitHttpRequest): Promise<GitHttpResponse> => {
    const remote = nameOfRemote(new URL(url)).replace(/\/(info\/refs|git-upload-pack)$/, '');
    const sent = await collect(body);
    const hasCredential = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
    let at = new URL(url);
    for (let hop = 0; hop <= mostRedirects; hop += 1) {
      const response = await fetch(at, {
        method,
        headers,
        signal,
        redirect: 'manual',
        ...(sent && { body: sent }),
      });
      if (!redirects.includes(response.status)) {
        const bytes = await readAnswer(response, remote);
        return {
          url: at.href,
          method,
          statusCode: response.status,
          statusMessage: response.statusText,
          headers: Object.fromEntries(response.headers),
          body: once(bytes),
        };
      }
      await response.body?.cancel();
      at = nextOf(at, response, hasCredential, remote);
    }
    throw fetchError('unreachable', remote, 'It redirects without end.');
  },
});
