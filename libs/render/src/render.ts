import type { Manifest, TargetSpec } from '@syncline/events';
import { digestOf } from '@syncline/kernel';

import type { LineageEntry } from './lineage.js';
import { RenderError } from './render-error.js';

/** The part of a target's spec that decides what its manifests are. */
export type RenderSpec = Pick<TargetSpec, 'path' | 'renderer' | 'namespace' | 'substitute' | 'patches'>;

/** What to render, and where it lies. */
export type RenderInput = {
  readonly spec: RenderSpec;
  /** A folder on disk that holds the paths of `Lineage.materialise` under their names, without links. */
  readonly root: string;
  /** From {@link renderKeyOf}. */
  readonly renderKey: string;
  /** Path of the pinned kustomize. */
  readonly kustomize: string;
  readonly signal?: AbortSignal;
};

/** Manifests in the order of their sources, with references in place of values of Secrets. */
export type Rendered = {
  readonly objects: readonly Manifest[];
  /** Reference (64 hex digits) to base64 value: what is sealed to the applier. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Digest of `objects`. */
  readonly renderDigest: string;
};

/** The identity of an input: equal keys render equal bytes. Changes with the renderer's version. */
export const renderKeyOf = (spec: RenderSpec, lineage: readonly LineageEntry[]): string => {
  const { path, renderer, namespace, substitute, patches } = spec;
  return digestOf(['render/1', { path, renderer, namespace, substitute, patches }, lineage]);
};

/** Makes a target's manifests. Throws {@link RenderError} with file and line. */
export const render = (input: RenderInput): Promise<Rendered> =>
  Promise.reject(new RenderError('path-missing', `"${input.spec.path}" cannot be rendered yet`));
