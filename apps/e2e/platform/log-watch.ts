import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectHub } from '@syncline/event-store';
import type { LogEntry, StoredEvent } from '@syncline/kernel';

/** The log of an installation, read straight from nats-server: it tells of an event as soon as it is stored. */
export class LogWatch {
  readonly entries: LogEntry[] = [];
  readonly #ended = new AbortController();
  readonly #waiting = new Set<() => void>();

  private constructor(
    private readonly hub: Awaited<ReturnType<typeof connectHub>>,
    private readonly folder: string,
  ) {}

  /** Follows everything that is written from now on. */
  static async open(state: string): Promise<LogWatch> {
    const ports = JSON.parse(await readFile(join(state, 'ports.json'), 'utf8')) as { nats: number };
    const folder = await mkdtemp(join(tmpdir(), 'syncline-watch-'));
    const hub = await connectHub({
      servers: `nats://127.0.0.1:${ports.nats}`,
      credentials: await readFile(join(state, 'keys', 'nats', 'api.creds'), 'utf8'),
      service: 'onlooker',
      stateDir: folder,
      idKey: randomBytes(32),
    });
    const watch = new LogWatch(hub, folder);
    void watch.#follow(await hub.log.lastSequence());
    return watch;
  }

  /** Events after a sequence, in order. */
  after(sequence: number): readonly StoredEvent[] {
    return this.entries.filter(({ message }) => message.sequence > sequence).flatMap(({ events }) => events);
  }

  /** The last sequence that was seen. */
  get sequence(): number {
    return this.entries.at(-1)?.message.sequence ?? 0;
  }

  /** Resolves in the same turn in which the first event that holds is seen; no clock is asked but the deadline. */
  until(
    sequence: number,
    what: string,
    holds: (event: StoredEvent) => boolean,
    deadlineMs = 120_000,
  ): Promise<StoredEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`after ${deadlineMs} ms there is still not: ${what}`));
      }, deadlineMs);
      const look = (): void => {
        const found = this.after(sequence).find(holds);
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.hub.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #follow(afterSequence: number): Promise<void> {
    for await (const entry of this.hub.log.follow({ afterSequence }, this.#ended.signal)) {
      this.entries.push(entry);
      for (const look of [...this.#waiting]) look();
    }
  }
}
