import { Agent, ProxyAgent, type Dispatcher } from 'undici';

import type { TlsMaterial } from './credentials.js';

const connectTimeoutMs = 5_000;

/** One pool of connections, made anew where the TLS material changes (an exec plugin rotates certificates). */
export class Pool {
  #made: { tls: TlsMaterial; readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(
    private readonly proxy: string | undefined,
    private readonly options: Agent.Options,
  ) {}

  dispatcher(tls: TlsMaterial): Dispatcher {
    if (this.#made?.tls === tls) return this.#made.dispatcher;
    const key = JSON.stringify(tls);
    if (this.#made?.key === key) {
      this.#made.tls = tls;
      return this.#made.dispatcher;
    }
    void this.#made?.dispatcher.close();
    const connect = { ...(tls as object), timeout: connectTimeoutMs, keepAlive: true };
    const dispatcher =
      this.proxy === undefined
        ? new Agent({ ...this.options, connect })
        : new ProxyAgent({ ...this.options, uri: this.proxy, requestTls: connect });
    this.#made = { tls, key, dispatcher };
    return dispatcher;
  }

  async close(): Promise<void> {
    await this.#made?.dispatcher.destroy();
  }
}
