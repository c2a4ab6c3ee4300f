import type { JetStreamManager } from '@nats-io/jetstream';

import { EventStoreError } from '../event-store-error.js';
import { eventsStream } from '../streams.js';

const lookEveryMs = 10_000;
/** Past this share of the limit nothing new is begun, so that what was begun can be recorded to its end. */
const begins = 0.8;
/** Where changes begin: revisions of repositories, and clusters that join or go. */
const beginnings = ['ev.repo.', 'ev.fleet.'];

/** How much of the size limit of the log is used, looked at now and then. A log without a limit is never full. */
export class LogSpace {
  #filled = 0;
  #consumers = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly onLook: (filled: number) => void = () => undefined,
  ) {}

  /** How many consumers the log had at the last look. */
  get consumers(): number {
    return this.#consumers;
  }

  /** Looks now, and again every few seconds until it is stopped. */
  async watch(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Throws where the subject is one that begins something, and too little space is left for that. */
  check(subject: string): void {
    if (this.#filled <= begins || !beginnings.some((prefix) => subject.startsWith(prefix))) return;
    const percent = Math.floor(this.#filled * 100);
    throw new EventStoreError(
      'log-full',
      `${percent} % of the log's space are used, so nothing new is begun; enlarge the limit of stream ${eventsStream}`,
      subject,
    );
  }

  async #look(): Promise<void> {
    const { config, state } = await this.jsm.streams.info(eventsStream);
    this.#filled = config.max_bytes > 0 ? state.bytes / config.max_bytes : 0;
    this.#consumers = state.consumer_count;
    this.onLook(this.#filled);
  }
}
