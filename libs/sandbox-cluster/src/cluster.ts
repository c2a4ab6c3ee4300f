import type { Schemas } from './schemas/schemas.js';
import type { Faults } from './server/faults.js';
import type { ObjectStore } from './storage/object-store.js';

/** One simulated cluster: what it serves and what it holds. */
export type Cluster = {
  readonly name: string;
  readonly schemas: Schemas;
  readonly store: ObjectStore;
  readonly faults: Faults;
};

/** The time as objects carry it: RFC 3339 with seconds. */
export const timestamp = (at = Date.now()): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
