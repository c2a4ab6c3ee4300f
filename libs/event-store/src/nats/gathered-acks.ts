/** The server writes a consumer's state to disk for each message and each acknowledgement that comes by itself. */
const gatherMs = 500;
const mostGathered = 100;

/**
 * Acknowledgements that are sent some at a time. One that is lost with its process is of a message that is handled: it is
 * delivered again, and decides nothing.
 */
export class GatheredAcks {
  #acks: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  add(ack: () => void): void {
    this.#acks.push(ack);
    if (this.#isEnded || this.#acks.length >= mostGathered) this.send();
    else this.#timer ??= setTimeout(() => this.send(), gatherMs).unref();
  }

  /** What is still to come is sent at once. */
  end(): void {
    this.#isEnded = true;
    this.send();
  }

  send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const ack of this.#acks.splice(0)) ack();
  }
}
