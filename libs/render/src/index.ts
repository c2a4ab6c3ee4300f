export { isManifestFile, readConfiguration } from './configuration/read-configuration.js';
export type {
  Configuration,
  DeclaredApplication,
  DeclaringRepository,
  SourceFile,
} from './configuration/read-configuration.js';
export { lineageOf } from './lineage.js';
export type { Lineage, LineageEntry } from './lineage.js';
export { isRenderError, renderCodes, RenderError } from './render-error.js';
export type { Place, RenderCode } from './render-error.js';
export { render, renderKeyOf } from './render.js';
export type { Rendered, RenderInput, RenderSpec } from './render.js';
export type { TreeEntry, TreeReader } from './tree/tree-reader.js';
