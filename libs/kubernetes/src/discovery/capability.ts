import type { Capabilities } from '../cluster-client.js';
import type { Transport } from '../connection/transport.js';
import { discover } from './discovery.js';

/** What the API server serves, remembered until somebody needs it fresh. Concurrent questions are one. */
export class Capability {
  #known: Promise<Capabilities> | undefined;

  constructor(private readonly transport: Transport) {}

  current(signal?: AbortSignal): Promise<Capabilities> {
    return this.#known ?? this.refresh(signal);
  }

  /** Asks the server again. A failure is not remembered. */
  refresh(signal?: AbortSignal): Promise<Capabilities> {
    const asked = discover(this.transport, signal);
    this.#known = asked;
    asked.catch(() => {
      if (this.#known === asked) this.#known = undefined;
    });
    return asked;
  }
}
