import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { encodeToken } from '@syncline/events';
import { openMirror, type Mirror } from '@syncline/git';
import { sha256Hex } from '@syncline/kernel';

/** The mirrors in the state directory, one for each repository. They hold nothing that cannot be fetched again. */
export class Mirrors {
  readonly #open = new Map<string, Promise<Mirror>>();

  constructor(private readonly stateDir: string) {}

  open(repository: string): Promise<Mirror> {
    return this.#at(`${encodeToken(repository)}.git`);
  }

  /** The mirror of a submodule's remote, which this repository alone uses. */
  openSubmodule(repository: string, url: string): Promise<Mirror> {
    return this.#at(join('submodules', `${encodeToken(repository)}-${sha256Hex(url).slice(0, 16)}.git`));
  }

  /** A new mirror in place of the one that is there. */
  async renew(repository: string): Promise<Mirror> {
    const place = `${encodeToken(repository)}.git`;
    await this.#open.get(place)?.catch(() => undefined);
    this.#open.delete(place);
    await rm(join(this.stateDir, 'mirrors', place), { recursive: true, force: true, maxRetries: 3 });
    return this.open(repository);
  }

  #at(place: string): Promise<Mirror> {
    const known = this.#open.get(place);
    if (known) return known;
    const opened = openMirror(join(this.stateDir, 'mirrors', place));
    this.#open.set(place, opened);
    opened.catch(() => this.#open.delete(place));
    return opened;
  }
}
