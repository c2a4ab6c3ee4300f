import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import {
  Faults,
  requestInfo,
  type Fault,
  type OrderedFault,
  type RequestInfo,
} from '@syncline/sandbox-cluster';

type Kubeconfig = {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
};

/** One request that came to the proxy. `at` is milliseconds on the process's own clock. */
export type SeenRequest = RequestInfo & { readonly at: number };

/** The end of a watch whose version the server does not know any more, as kube-apiserver tells it. */
const expired = {
  type: 'ERROR',
  object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'too old resource version', reason: 'Expired', code: 410 },
}; // prettier-ignore

const halfALine = '{"type":"MODI';

/** Stands before an API server of either kind and lets what is ordered go wrong with the requests that pass. */
export class FaultProxy {
  /** Every request that came, those that went wrong too. */
  readonly requests: SeenRequest[] = [];
  readonly #faults = new Faults();
  readonly #watches = new Map<ServerResponse, string | undefined>();
  readonly #agent: Agent;
  readonly #server: Server;

  private constructor(
    private readonly upstream: URL,
    ca: Buffer,
  ) {
    this.#agent = new Agent({ ca, keepAlive: true });
    this.#server = createServer((request, response) => {
      void this.#carry(request, response).catch(() => response.destroy());
    });
  }

  /** Starts one before the server of a kubeconfig in JSON; gives the kubeconfig that leads through it. */
  static async start(
    kubeconfig: string,
  ): Promise<{ readonly proxy: FaultProxy; readonly kubeconfig: string }> {
    const config = JSON.parse(kubeconfig) as Kubeconfig;
    const [{ cluster }] = config.clusters;
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    const proxy = new FaultProxy(new URL(cluster.server), ca);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.#server.address() as AddressInfo;
    // Plain HTTP, of which the clients of Kubernetes have to be told that it is meant.
    const through = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const clusters = [{ ...config.clusters[0], cluster: through }];
    return { proxy, kubeconfig: JSON.stringify({ ...config, clusters }) };
  }

  /** Replaces what is to go wrong, and cuts what hangs. */
  order(...faults: readonly Fault[]): void {
    const done = this.#faults.order(JSON.stringify(faults));
    if (!done.ok) throw new Error(done.why);
  }

  /** What is ordered, and how many requests each fault met. */
  get ordered(): readonly OrderedFault[] {
    return this.#faults.ordered;
  }

  /** How many watches of a resource run, whose answer has begun. */
  watching(resource: string): number {
    return [...this.#watches.values()].filter((one) => one === resource).length;
  }

  /**
   * Ends every watch that runs: cut in the middle of a line, told that its version is too old, or as at the end of its time.
   * Gives how many there were.
   */
  endWatches(how: 'cut' | 'expired' | 'over'): number {
    const running = [...this.#watches.keys()];
    for (const response of running)
      if (how === 'cut') response.write(halfALine, () => response.destroy());
      else response.end(how === 'expired' ? `${JSON.stringify(expired)}\n` : '');
    return running.length;
  }

  async stop(): Promise<void> {
    this.order();
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #carry(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://proxy');
    const segments = url.pathname.split('/').filter((one) => one !== '');
    const about = requestInfo(request.method ?? '', segments.map(decodeURIComponent), url.searchParams);
    this.requests.push({ ...about, at: performance.now() });
    const body = await buffer(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const mishap = await this.#faults.meet(about, gone.signal);
    if (mishap === 'cut') request.socket.destroy();
    else if (mishap === undefined || mishap === 'cut-answer')
      await this.#forward(request, body, response, { about, isCut: mishap !== undefined, gone: gone.signal });
    else if ('body' in mishap)
      response
        .writeHead(mishap.code, { 'content-type': 'application/json', ...mishap.headers })
        .end(JSON.stringify(mishap.body));
  }

  async #forward(
    { method = 'GET', url = '/', headers }: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    how: { readonly about: RequestInfo; readonly isCut: boolean; readonly gone: AbortSignal },
  ): Promise<void> {
    const address = `${this.upstream.href.replace(/\/+$/, '')}${url}`;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method, headers: { ...headers, host: this.upstream.host }, agent: this.#agent, signal: how.gone };
      send(address, options, resolve).on('error', reject).end(body);
    }); // prettier-ignore
    answer.on('error', () => response.destroy());
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (how.about.verb === 'watch') this.#relay(answer, response, how);
    else {
      const whole = await buffer(answer);
      if (how.isCut) response.write(whole.subarray(0, whole.length >> 1), () => response.destroy());
      else response.end(whole);
    }
  }

  #relay(
    answer: IncomingMessage,
    response: ServerResponse,
    { about, isCut }: { readonly about: RequestInfo; readonly isCut: boolean },
  ): void {
    response.flushHeaders();
    if (isCut) {
      response.write(halfALine, () => response.destroy());
      return;
    }
    this.#watches.set(response, about.resource);
    response.once('close', () => this.#watches.delete(response));
    answer.pipe(response);
  }
}
