import type { Faults } from './faults/faults.js';
import type { Schemas } from './schemas/schemas.js';
import type { Watches } from './server/watches.js';
import type { ObjectStore } from './storage/object-store.js';

/** One simulated cluster: what it serves, what it holds, who watches it, and what is to go wrong with it. */
export type Cluster = {
  readonly name: string;
  readonly schemas: Schemas;
  readonly store: ObjectStore;
  readonly watches: Watches;
  readonly faults: Faults;
};

/** The time as objects carry it: RFC 3339 with seconds. */
export const timestamp = (at = Date.now()): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
