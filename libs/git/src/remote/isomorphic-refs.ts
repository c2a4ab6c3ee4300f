import { listServerRefs, type HttpClient, type ServerRef } from 'isomorphic-git';

import { GitError } from '../git-error.js';
import { classifyStatus, fetchError, refVanished } from './classify.js';
import { basicOf, redact } from './credentials.js';
import { httpClient, once } from './http-client.js';
import { refNameOf } from './ref-names.js';
import type { ConcreteRef, RefFinder, RemoteOptions } from './remote.js';
import { nameOfRemote } from './remote-url.js';

const tagPrefix = 'refs/tags/';

/** Lists refs over HTTP by protocol version 2, narrowed on the wire to the one that is asked for (gitprotocol-v2, ref-prefix). */
export class IsomorphicRefs implements RefFinder {
  readonly #remote: string;

  constructor(
    private readonly url: URL,
    private readonly options: RemoteOptions,
  ) {
    this.#remote = nameOfRemote(url);
  }

  async findHead(ref: ConcreteRef, signal?: AbortSignal): Promise<string> {
    const name = refNameOf(ref) ?? 'HEAD';
    const found = (await this.#list(name, signal)).find((one) => one.ref === name);
    if (ref.kind === 'commit') return found ? ref.name : await this.#missing(ref, signal);
    return found ? (found.peeled ?? found.oid) : this.#missing(ref, signal);
  }

  async listTags(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const refs = await this.#list(tagPrefix, signal);
    const tags = refs.filter(({ ref }) => ref.startsWith(tagPrefix));
    return new Map(tags.map(({ ref, oid, peeled }) => [ref.slice(tagPrefix.length), peeled ?? oid]));
  }

  /** A ref that is not there: is anything? */
  async #missing(ref: ConcreteRef, signal?: AbortSignal): Promise<string> {
    const others = await this.#list('refs/', signal);
    if (others.length === 0) throw fetchError('empty', this.#remote);
    if (ref.kind === 'commit') return ref.name;
    throw refVanished(ref, this.#remote);
  }

  async #list(prefix: string, signal?: AbortSignal): Promise<readonly ServerRef[]> {
    const deadline = AbortSignal.timeout(this.options.limits?.listMs ?? 30_000);
    const basic = basicOf(this.options.credential);
    try {
      return await listServerRefs({
        http: wholeAnswers(httpClient(signal ? AbortSignal.any([signal, deadline]) : deadline), this.#remote),
        url: this.url.href,
        prefix,
        peelTags: true,
        ...(basic && { onAuth: () => basic }),
        onAuthFailure: () => ({ cancel: true }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw this.#classify(error);
    }
  }

  #classify(error: unknown): GitError {
    if (error instanceof GitError) return error;
    const { name, code, message, data, cause } = error as ForeignError;
    if (name === 'TimeoutError') return fetchError('slow', this.#remote);
    if (code === 'UserCanceledError') return classifyStatus(401, this.#remote, true);
    if (code === 'HttpError')
      return classifyStatus(
        data?.statusCode ?? 0,
        this.#remote,
        basicOf(this.options.credential) !== undefined,
      );
    const spoken = redact(cause?.message ?? message ?? '', this.options.credential);
    // What fetch throws: the reason why there is no answer stands in its cause.
    if (error instanceof TypeError && cause !== undefined)
      return fetchError('unreachable', this.#remote, spoken, error);
    return fetchError(
      'corrupt',
      this.#remote,
      code === 'SmartHttpError' ? 'It is no Git server.' : '',
      error,
    );
  }
}

type ForeignError = {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly data?: { readonly statusCode?: number };
  readonly cause?: { readonly message?: string };
};

const flush = '0000';

/** An answer that was cut short would read as fewer refs. Every one of the protocol ends with a flush packet. */
const wholeAnswers = (http: HttpClient, remote: string): HttpClient => ({
  request: async (request) => {
    const response = await http.request(request);
    if (response.statusCode !== 200 || !response.body) return response;
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (request.method === 'POST' && bytes.toString('latin1', bytes.length - flush.length) !== flush)
      throw fetchError('corrupt', remote, 'Its answer was cut short.');
    return { ...response, body: once(bytes) };
  },
});
