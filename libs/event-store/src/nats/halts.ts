import type { NatsConnection } from '@nats-io/nats-core';

import { haltSubject as subject } from '../accounts/subjects-of.js';
import { EventStoreError } from '../event-store-error.js';

/** Again and again, so that a service that starts later hears of it too. */
const everyMs = 2_000;

/**
 * How the services of the hub tell each other, and appliers, that the log is not the one that one of them has seen. Only users of
 * the hub's account may say it: what an applier shows is `live.cluster.<its cluster>.>`.
 */
export class Halts {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly nc: NatsConnection,
    private readonly service: string,
  ) {}

  /** Says it from now on. */
  say({ message }: EventStoreError): void {
    const text = JSON.stringify({ service: this.service, reason: message });
    const tell = (): void => {
      if (!this.nc.isClosed()) this.nc.publish(subject, text);
    };
    tell();
    this.#timer ??= setInterval(tell, everyMs).unref();
  }

  /** Told of what another service says. */
  hear(listen: (failure: EventStoreError) => void): void {
    this.nc.subscribe(subject, {
      callback: (error, message) => {
        if (error) return;
        const { service, reason } = message.json<{ service: string; reason: string }>();
        if (service !== this.service)
          listen(new EventStoreError('log-lost-positions', `${service} stopped everyone: ${reason}`));
      },
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
