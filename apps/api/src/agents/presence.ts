/** When agents were last heard of, by our own clock: theirs is not asked. Instants are milliseconds of whatever clock the caller goes by. */
export class Presence {
  readonly #heard = new Map<string, number>();
  #listening: number;

  constructor(
    private readonly lostAfterMs: number,
    now: number,
  ) {
    this.#listening = now;
  }

  /** A sign of the agent of a cluster came. */
  hear(cluster: string, now: number): void {
    this.#heard.set(cluster, now);
  }

  /** Nobody could be heard until now; silence before says nothing about anybody. */
  listenAnew(now: number): void {
    this.#listening = now;
  }

  forget(cluster: string): void {
    this.#heard.delete(cluster);
  }

  /** Since when the agent of a cluster is silent, where that is long enough to be lost; `from` is when it was admitted. */
  silentSince(cluster: string, from: number, now: number): number | undefined {
    const heard = this.#heard.get(cluster);
    const listened = Math.max(heard ?? from, this.#listening);
    return now - listened < this.lostAfterMs ? undefined : (heard ?? listened);
  }

  /** Whether a sign of it came lately. */
  isHere(cluster: string, now: number): boolean {
    return now - (this.#heard.get(cluster) ?? -Infinity) < this.lostAfterMs;
  }
}
