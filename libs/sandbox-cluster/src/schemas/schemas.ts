import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';

/** One row of a discovery document (`APIResource`), as the real server lists it. */
export type Resource = {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
};

/** What the server knows of kinds: those of the real server, and custom ones as they come and go. */
export interface Schemas {
  /** The schema of a kind; absent for one that is not served. */
  find: (apiVersion: string, kind: string) => ObjectSchema | undefined;
  /** Takes up the served versions of a CustomResourceDefinition, in place of what it said before. */
  addCustom: (definition: KubeObject) => void;
  /** Forgets a definition, by its name. */
  removeCustom: (name: string) => void;
  /** Group versions (`v1`, `apps/v1`, also custom ones) with their resources and subresources: discovery. */
  groupVersions: () => ReadonlyMap<string, readonly Resource[]>;
  /** The OpenAPI v3 document of a group version (`v1`, `apps/v1`); absent where none is served. */
  openApi: (groupVersion: string) => Readonly<Record<string, unknown>> | undefined;
}

/** The real server's schemas and discovery, read from this package's `schemas` folder. */
export declare const loadSchemas: () => Schemas;
