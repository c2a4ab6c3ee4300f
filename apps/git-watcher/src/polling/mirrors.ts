import { join } from 'node:path';

import { encodeToken } from '@syncline/events';
import { openMirror, type Mirror } from '@syncline/git';

/** The mirrors in the state directory, one for each repository. They hold nothing that cannot be fetched again. */
export class Mirrors {
  readonly #open = new Map<string, Promise<Mirror>>();

  constructor(private readonly stateDir: string) {}

  open(repository: string): Promise<Mirror> {
    const known = this.#open.get(repository);
    if (known) return known;
    const opened = openMirror(join(this.stateDir, 'mirrors', `${encodeToken(repository)}.git`));
    this.#open.set(repository, opened);
    opened.catch(() => this.#open.delete(repository));
    return opened;
  }

  /** A new mirror in place of the one that is there. */
  async renew(repository: string): Promise<Mirror> {
    const mirror = await this.open(repository);
    this.#open.delete(repository);
    await mirror.drop();
    return this.open(repository);
  }
}
