import type { NatsConnection } from '@nats-io/nats-core';

import type { RestoredPart } from './recorded-time.js';

/** Whether the connection stands now, and who wants to know when it comes back. */
export class ConnectionState {
  /** Up to where the log that is reached by it was restored. */
  restored: RestoredPart = { upTo: 0 };
  #connected = true;
  #closing = false;
  readonly #onReturn = new Set<() => void>();

  constructor(
    readonly nc: NatsConnection,
    private readonly onChange: (isConnected: boolean) => void = () => undefined,
  ) {
    void this.#follow(nc);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Calls the listener after every reconnect; gives the way to stop that. */
  onReturn(listener: () => void): () => void {
    this.#onReturn.add(listener);
    return () => void this.#onReturn.delete(listener);
  }

  /** Sends what is still to be sent and closes; a connection whose server is away is closed at once. */
  async close(): Promise<void> {
    if (this.nc.isClosed()) return;
    this.#closing = true;
    await (this.#connected ? this.nc.drain() : this.nc.close());
  }

  async #follow(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' || status.type === 'close') this.#lost();
      if (status.type !== 'reconnect') continue;
      this.#connected = true;
      this.onChange(true);
      for (const listener of this.#onReturn) listener();
    }
  }

  #lost(): void {
    if (this.#connected && !this.#closing) this.onChange(false);
    this.#connected = false;
  }
}
