import pLimit from 'p-limit';

/** What a poll came to, and how often the repository is polled. */
export type Polled = {
  readonly outcome: 'unchanged' | 'detected' | 'refused' | 'failed' | 'outdated' | 'unregistered';
  readonly pollSeconds: number;
};

/** How a schedule polls. */
export type ScheduleOptions = {
  /** One poll; it rejects where it is our side that fails. */
  readonly poll: (repository: string, signal: AbortSignal) => Promise<Polled>;
  readonly onError: (repository: string, error: unknown) => void;
  /** How many repositories are polled at once. */
  readonly concurrency: number;
  /** From 0 to 1; so that repositories and installations do not all ask at the same instant. */
  readonly random: () => number;
};

type Watched = {
  timer?: NodeJS.Timeout;
  running: boolean;
  failures: number;
  /** Who asked for the next poll, and hears what it came to. */
  asked: ((polled: Polled | undefined) => void)[];
};

const jitter = 0.2;
/** Long enough not to spin where polls are outdated again and again. */
const soonMs = 50;
const longestBackoffMs = 300_000;
/** How long our own failure is slept over, before it is known how often the repository is polled. */
const errorSeconds = 5;

/** How long until the next poll: the interval, doubled for each failure in a row up to five minutes, give or take a fifth. */
export const delayMs = (pollSeconds: number, failures: number, random: number): number => {
  const interval = pollSeconds * 1000;
  const doubled = interval * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  const backedOff = failures === 0 ? interval : Math.max(interval, Math.min(doubled, longestBackoffMs));
  return Math.round(backedOff * (1 - jitter + 2 * jitter * random));
};

/** When each repository is polled: one poll at a time each, a bounded number at once, sooner when something hints at a change. */
export class PollSchedule {
  readonly #watched = new Map<string, Watched>();
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #stopped = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly options: ScheduleOptions) {
    this.#limit = pLimit(options.concurrency);
  }

  /**
   * Polls the repository now, and from now on; once more where a poll is under way, because it may have looked already.
   * Gives what the poll came to, undefined where our side failed or stops.
   */
  hasten(repository: string): Promise<Polled | undefined> {
    const watched: Watched = this.#watched.get(repository) ?? { running: false, failures: 0, asked: [] };
    this.#watched.set(repository, watched);
    return new Promise((resolve) => {
      if (this.#stopped.signal.aborted) resolve(undefined);
      else watched.asked.push(resolve);
      if (!watched.running) this.#start(repository, watched);
    });
  }

  /** Ends polls that are under way, and begins none. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('git-watcher is shutting down'));
    for (const { timer } of this.#watched.values()) clearTimeout(timer);
    await Promise.all(this.#running);
    for (const { asked } of this.#watched.values()) for (const tell of asked) tell(undefined);
  }

  #start(repository: string, watched: Watched): void {
    if (this.#stopped.signal.aborted) return;
    clearTimeout(watched.timer);
    watched.running = true;
    const run = this.#limit(() => this.#poll(repository, watched)).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #poll(repository: string, watched: Watched): Promise<void> {
    const asked = watched.asked.splice(0);
    const polled = await this.#attempt(repository);
    for (const tell of asked) tell(polled);
    watched.running = false;
    if (this.#stopped.signal.aborted) return;
    if (polled?.outcome === 'unregistered') {
      this.#watched.delete(repository);
      return;
    }
    watched.failures = polled && polled.outcome !== 'failed' ? 0 : watched.failures + 1;
    const isDue = polled?.outcome === 'outdated' || watched.asked.length > 0;
    const later = delayMs(polled?.pollSeconds ?? errorSeconds, watched.failures, this.options.random());
    watched.timer = setTimeout(() => this.#start(repository, watched), isDue ? soonMs : later);
  }

  async #attempt(repository: string): Promise<Polled | undefined> {
    const { signal } = this.#stopped;
    try {
      return await this.options.poll(repository, signal);
    } catch (error) {
      if (!signal.aborted) this.options.onError(repository, error);
      return undefined;
    }
  }
}
