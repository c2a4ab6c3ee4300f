import type { LogTail } from '../log-tail.js';
import type { Delivery, DeliverySource } from '../reactions/delivery.js';
import { clusterOf } from './agent-message-log.js';
import { OrderedDeliveries, type ConsumerLink, type Shown } from './consumer-source.js';

/** One cluster's reaction: what it is given, and what is shown all of it. */
type Listener = { readonly deliver: (delivery: Delivery) => void; readonly tail: LogTail | undefined };

/**
 * The deliveries of an account's live consumer, which listens to all clusters that the account reaches: each is handed to the
 * reaction of its cluster. One consumer for each cluster would have the server keep, and write to disk, the state of each.
 */
export class SharedDeliveries {
  readonly #listeners = new Map<string, Listener>();
  /** Clusters of which something was delivered that nobody was there to take. */
  readonly #missed = new Set<string>();
  #deliveries: Promise<OrderedDeliveries> | undefined;
  #isShowing = false;

  /** @param isServed whether a cluster (an encoded name) has a reaction, or is about to have one. */
  constructor(
    private readonly link: ConsumerLink,
    private readonly name: string,
    private readonly isServed: (token: string) => boolean,
  ) {}

  /** What concerns one cluster (an encoded name), shown to its tail. */
  of(token: string, tail: LogTail | undefined): DeliverySource {
    return {
      open: async (deliver) => {
        this.#listeners.set(token, { deliver, tail });
        try {
          await this.#join(token, tail);
        } catch (error) {
          this.#listeners.delete(token);
          throw error;
        }
        return () => this.#leave(token);
      },
    };
  }

  async #join(token: string, tail: LogTail | undefined): Promise<void> {
    this.#deliveries ??= this.#start();
    const deliveries = await this.#deliveries;
    if (this.#isShowing) tail?.begin();
    if (this.#missed.delete(token)) deliveries.rewind();
  }

  async #leave(token: string): Promise<void> {
    this.#listeners.get(token)?.tail?.end();
    this.#listeners.delete(token);
    if (this.#listeners.size > 0) return;
    const deliveries = this.#deliveries;
    this.#deliveries = undefined;
    await (await deliveries)?.stop();
  }

  async #start(): Promise<OrderedDeliveries> {
    const deliveries = new OrderedDeliveries(
      this.link,
      this.name,
      (delivery) => this.#take(delivery),
      this.#tails,
    );
    try {
      await deliveries.start();
      return deliveries;
    } catch (error) {
      this.#deliveries = undefined;
      await deliveries.stop();
      throw error;
    }
  }

  /** What comes before a cluster's reaction is there comes again for it. What is left of a cluster that went is done with. */
  #take(delivery: Delivery): void {
    const token = clusterOf(delivery.message.subject);
    const listener = this.#listeners.get(token);
    if (listener) listener.deliver(delivery);
    else if (delivery.isRepeated === true && !this.isServed(token)) delivery.ack();
    else this.#missed.add(token);
  }

  readonly #tails: Shown = {
    begin: () => {
      this.#isShowing = true;
      for (const { tail } of this.#listeners.values()) tail?.begin();
    },
    show: (message) => this.#listeners.get(clusterOf(message.subject))?.tail?.show(message),
    end: () => {
      this.#isShowing = false;
      for (const { tail } of this.#listeners.values()) tail?.end();
    },
  };
}
