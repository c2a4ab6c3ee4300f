import { once } from 'node:events';

import { request as send, type Dispatcher } from 'undici';

import type { ObjectName } from '@syncline/events';

import { KubernetesError, isKubernetesError } from '../kubernetes-error.js';
import { boundedBy, type Bound } from './bounded-by.js';
import { classifyAnswer, classifyNetwork } from './classify.js';
import type { Access, Credentials } from './credentials.js';
import { Pool } from './pool.js';
import { Throttle, type ThrottleListener } from './throttle.js';

/** One request to an API server. */
export type KubeRequest = {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** The object that it is about, for errors. */
  readonly target?: ObjectName;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** The answer is plain text. */
  readonly isText?: boolean;
};

/** Called with undefined after each answer, and with the failure where the server is out of reach. */
export type TrafficListener = (failure: KubernetesError | undefined) => void;

const defaultTimeoutMs = 30_000;
const watchConnections = 256;

const queryText = (query: KubeRequest['query']): string => {
  const entries = Object.entries(query ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
};

/** The parser's own message would quote what it cannot read, which may be a Secret. */
const parseAnswer = (text: string, target: ObjectName | undefined): unknown => {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new KubernetesError(
      { code: 'server-fault', message: 'the server answered with what is no JSON' },
      target,
    );
  }
};

/** Raw JSON to one API server over one bounded pool; watches have a pool of their own, because each holds a connection. */
export class Transport {
  readonly #requests: Pool;
  readonly #watches: Pool;
  readonly #listeners = new Set<TrafficListener>();
  readonly #throttled = new Set<ThrottleListener>();
  readonly #throttle = new Throttle((reason) => {
    for (const listener of this.#throttled) listener(reason);
  });

  constructor(
    private readonly credentials: Credentials,
    maxConnections: number,
    private readonly requestTimeoutMs: number = defaultTimeoutMs,
  ) {
    const common = { keepAliveTimeout: 30_000, pipelining: 1, allowH2: false };
    this.#requests = new Pool(credentials.proxy, { ...common, connections: maxConnections });
    const open = { connections: watchConnections, headersTimeout: requestTimeoutMs, bodyTimeout: 0 };
    this.#watches = new Pool(credentials.proxy, { ...common, ...open });
  }

  /** Tells of every answer and of every failure to get one; the returned function ends it. */
  onTraffic(listener: TrafficListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells when the server begins to throttle and when it lets requests pass again; the returned function ends it. */
  onThrottle(listener: ThrottleListener): () => void {
    this.#throttled.add(listener);
    return () => this.#throttled.delete(listener);
  }

  /** Sends a request and reads its JSON. Throws KubernetesError; an abort of the signal is thrown as it is. */
  async request<Answer>(request: KubeRequest): Promise<Answer> {
    const answer = await this.#answered(request, this.#requests);
    const text = await this.#guard(request, () => answer.body.text());
    return (request.isText === true ? text : parseAnswer(text, request.target)) as Answer;
  }

  /** Opens a stream of lines (a watch). It ends when the server ends it, throws when it breaks. */
  async stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#answered(request, this.#watches);
    return body as AsyncIterable<Uint8Array>;
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#throttled.clear();
    await Promise.all([this.#requests.close(), this.#watches.close()]);
  }

  async #answered(request: KubeRequest, pool: Pool): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#once(request, pool);
    } catch (error) {
      if (!isKubernetesError(error, 'unauthorized')) throw error;
      this.credentials.renew();
      return this.#once(request, pool);
    }
  }

  /** Sends a request once the server lets it pass, and tells the others what came of it. */
  async #once(request: KubeRequest, pool: Pool): Promise<Dispatcher.ResponseData> {
    const passed = await this.#throttle.pass(request.signal);
    try {
      const answer = await this.#send(request, pool);
      passed('answered');
      return answer;
    } catch (error) {
      passed(isKubernetesError(error) ? error : 'unknown');
      throw error;
    }
  }

  async #send(request: KubeRequest, pool: Pool): Promise<Dispatcher.ResponseData> {
    const { headers, tls } = await this.#access(request);
    const answer = await this.#sent(request, pool, headers, pool.dispatcher(tls));
    this.#tell(undefined);
    if (answer.statusCode < 300) return answer;
    const body = await this.#guard(request, () => answer.body.text());
    const retryAfter = answer.headers['retry-after'];
    const refused = {
      status: answer.statusCode,
      body,
      ...(typeof retryAfter === 'string' && { retryAfter }),
    };
    throw new KubernetesError(classifyAnswer(refused, request.target), request.target);
  }

  /** The time of a request begins when it is sent and ends with the answer's body; a watch takes what time it takes once it is answered. */
  async #sent(
    request: KubeRequest,
    pool: Pool,
    headers: Access['headers'],
    dispatcher: Dispatcher,
  ): Promise<Dispatcher.ResponseData> {
    const bound = pool === this.#watches ? undefined : this.#bound(request);
    const signal = bound?.signal ?? request.signal;
    try {
      const answer = await this.#guard(request, () =>
        send(`${this.credentials.server}${request.path}${queryText(request.query)}`, {
          method: request.method,
          dispatcher,
          headers: {
            ...headers,
            accept: request.accept ?? 'application/json',
            'user-agent': 'syncline',
            ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
          },
          ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
          ...(signal && { signal }),
        }),
      );
      if (bound) answer.body.once('close', bound.end);
      return answer;
    } catch (error) {
      bound?.end();
      throw error;
    }
  }

  /** What makes credentials may hang, and is waited for no longer than an answer is, by a watch as well. */
  async #access(request: KubeRequest): Promise<Access> {
    const access = this.credentials.access();
    if (!(access instanceof Promise)) return access;
    request.signal?.throwIfAborted();
    const bound = this.#bound(request);
    try {
      const made = await Promise.race([access, once(bound.signal, 'abort').then(() => undefined)]);
      if (made) return made;
    } finally {
      bound.end();
    }
    request.signal?.throwIfAborted();
    const message = `what makes the credentials for ${this.credentials.server} does not answer`;
    const failure = new KubernetesError(
      { code: 'cluster-unreachable', message, isTimedOut: true },
      request.target,
    );
    this.#tell(failure);
    throw failure;
  }

  #bound({ signal, timeoutMs }: KubeRequest): Bound {
    return boundedBy(Math.min(timeoutMs ?? Infinity, this.requestTimeoutMs), signal);
  }

  async #guard<Result>(request: KubeRequest, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      if (request.signal?.aborted === true) throw cause;
      const failure = new KubernetesError(
        classifyNetwork(this.credentials.server, cause),
        request.target,
        cause,
      );
      this.#tell(failure);
      throw failure;
    }
  }

  #tell(failure: KubernetesError | undefined): void {
    for (const listener of this.#listeners) listener(failure);
  }
}
