/** A cluster that has not been looked at by then does not hold up the others. */
const longestMs = 30_000;
/** Nobody tells an applier that it serves no cluster: that is taken for so when no list has come by then. */
const listMs = 2_000;
const mostNamed = 5;

/**
 * Which of the clusters that an applier serves at its start it has not looked at yet: recorded whether the API server answers
 * and, where it does, how its targets are. Once it has, or the time is over, it never comes back to that: a cluster that is
 * away, or new, concerns only its own targets.
 */
export class FirstLooks {
  #awaited: Set<string> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** The applier begins. */
  start(): void {
    this.#timer = setTimeout(() => this.begin([]), listMs).unref();
  }

  /** The list of served clusters is known; only the first counts. */
  begin(clusters: readonly string[]): void {
    if (this.#awaited) return;
    this.#awaited = new Set(clusters);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#awaited?.clear(), longestMs).unref();
  }

  /** A cluster was looked at, or cannot be. */
  done(cluster: string): void {
    this.#awaited?.delete(cluster);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** What is missing, in sentences. */
  get missing(): readonly string[] {
    if (!this.#awaited) return ['which clusters it serves is not known yet'];
    const all = [...this.#awaited];
    const named = all
      .slice(0, mostNamed)
      .map((cluster) => `cluster ${cluster} has not been looked at since the start`);
    const more = all.length - mostNamed;
    return more > 0 ? [...named, `${more} more clusters have not been looked at since the start`] : named;
  }
}
