/** Who holds objects of a name (`namespace/name`, of whatever kind): mostly one. */
export class ByName<Holder> {
  readonly #holders = new Map<string, readonly Holder[]>();

  add(holder: Holder, names: Iterable<string>): void {
    for (const name of new Set(names)) this.#holders.set(name, [...this.of(name), holder]);
  }

  remove(holder: Holder, names: Iterable<string>): void {
    for (const name of names) {
      const left = this.of(name).filter((one) => one !== holder);
      if (left.length > 0) this.#holders.set(name, left);
      else this.#holders.delete(name);
    }
  }

  of(name: string): readonly Holder[] {
    return this.#holders.get(name) ?? [];
  }
}
