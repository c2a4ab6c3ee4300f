const mebibyte = 1024 * 1024;

/** What a repository, a registry and an archive may be; past it they are refused, never cut. */
export const limits = {
  indexBytes: 64 * mebibyte,
  manifestBytes: 4 * mebibyte,
  artifactBytes: 32 * mebibyte,
  unpackedBytes: 128 * mebibyte,
  unpackedFiles: 10_000,
  tags: 50_000,
  redirects: 5,
  answerMs: 15_000,
  totalMs: 120_000,
} as const;

/** What one reading may take. */
export type Limits = { readonly [Name in keyof typeof limits]: number };
