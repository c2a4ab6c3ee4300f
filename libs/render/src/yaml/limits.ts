/** What one file, one document and one application may be; past it the input is refused, never cut. */
export const limits = {
  fileBytes: 16 * 1024 * 1024,
  documentsPerFile: 5_000,
  aliasesPerDocument: 500,
  mergeKeysPerFile: 10_000,
  nodesPerFile: 2_000_000,
  depth: 100,
  objects: 10_000,
  filesPerApplication: 5_000,
  sourceBytesPerApplication: 64 * 1024 * 1024,
  kustomizationBytes: 1024 * 1024,
  referencesPerKustomization: 5_000,
  addressBytes: 2 * 1024 * 1024 * 1024,
  outputBytes: 64 * 1024 * 1024,
  renderMs: 60_000,
} as const;
