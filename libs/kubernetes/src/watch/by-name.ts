/** Who holds objects of a name (`namespace/name`, of whatever kind). */
export class ByName<Holder> {
  readonly #holders = new Map<string, Set<Holder>>();

  add(holder: Holder, names: Iterable<string>): void {
    for (const name of names) {
      const known = this.#holders.get(name);
      if (known) known.add(holder);
      else this.#holders.set(name, new Set([holder]));
    }
  }

  remove(holder: Holder, names: Iterable<string>): void {
    for (const name of names) {
      const known = this.#holders.get(name);
      if (known?.delete(holder) === true && known.size === 0) this.#holders.delete(name);
    }
  }

  of(name: string): Iterable<Holder> {
    return this.#holders.get(name) ?? [];
  }
}
