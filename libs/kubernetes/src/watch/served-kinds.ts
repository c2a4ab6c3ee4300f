import { setTimeout as delay } from 'node:timers/promises';

import type { InventoryEntry, ServedResource } from '../cluster-client.js';
import type { Capability } from '../discovery/capability.js';
import { findResource } from '../discovery/resource-path.js';
import { isKubernetesError } from '../kubernetes-error.js';

const retryMs = 2_000;
const firstPauseMs = 250;
const mostPauseMs = 30_000;

const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/**
 * What serves the kinds of what is watched. For a kind that the server does not serve it is asked again, once for all
 * who miss one: soon at first, as a server that has just started serves custom kinds a moment after it is ready, and
 * then ever later.
 */
export class ServedKinds {
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `asked` is called after the server was asked again, for those that miss a kind to look anew. */
  constructor(
    private readonly capability: Capability,
    private readonly asked: () => void,
  ) {}

  /**
   * What serves each entry's kind, undefined where nothing does; undefined as a whole once the signal ends it.
   * `afresh` asks the server where one is missing in what is known of it.
   */
  async find(
    entries: readonly InventoryEntry[],
    { afresh, signal }: { readonly afresh: boolean; readonly signal: AbortSignal },
  ): Promise<readonly (ServedResource | undefined)[] | undefined> {
    while (!hasEnded(signal)) {
      try {
        let capabilities = await this.capability.current(signal);
        if (afresh && entries.some(({ object }) => !findResource(capabilities, object)))
          capabilities = await this.capability.refresh(signal);
        return entries.map(({ object }) => findResource(capabilities, object));
      } catch (error) {
        if (!isKubernetesError(error) && !hasEnded(signal)) throw error;
        await delay(retryMs, undefined, { ref: false, signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** Somebody misses a kind. */
  awaitMissing(): void {
    if (this.#isClosed || this.#timer) return;
    this.#timer = setTimeout(() => void this.#ask(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, mostPauseMs);
  }

  /** There is reason to think that what was missing is served by now: the server is there again, or somebody new asks. */
  hasten(): void {
    this.#pauseMs = firstPauseMs;
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.awaitMissing();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    try {
      await this.capability.refresh();
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
    }
    this.#timer = undefined;
    this.asked();
  }
}
