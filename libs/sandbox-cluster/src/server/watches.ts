import type { ResourceId } from '../storage/object-store.js';

/** How a watch that runs is ended before its time: its connection is cut, or it is told that its version is too old. */
export type EndWatch = (how: 'cut' | 'expired') => void;

/** The watches that run on one cluster. */
export class Watches {
  readonly #running = new Map<EndWatch, ResourceId>();

  /** Takes note of a watch until the returned function is called. */
  add(resource: ResourceId, end: EndWatch): () => void {
    this.#running.set(end, resource);
    return () => void this.#running.delete(end);
  }

  /** Ends those of one resource, or all; gives how many there were. */
  end(how: 'cut' | 'expired', resource?: ResourceId): number {
    const meant = [...this.#running].filter(([, one]) => (resource ?? one) === one);
    for (const [end] of meant) end(how);
    return meant.length;
  }
}
