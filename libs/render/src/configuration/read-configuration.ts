import type { ApplicationSpec, ConfigurationError } from '@syncline/events';

/** A file of a repository. */
export type SourceFile = { readonly path: string; readonly text: string };

/** The repository that configuration stands in: its name, and the name of the ref that is tracked. */
export type DeclaringRepository = { readonly name: string; readonly ref?: string };

/** An application as declared, every default filled in, and where it stands. */
export type DeclaredApplication = {
  readonly spec: ApplicationSpec;
  readonly file: string;
  readonly line: number;
};

/** What files declare. Where there are errors, nothing of it may come into force. */
export type Configuration = {
  readonly applications: readonly DeclaredApplication[];
  readonly errors: readonly ConfigurationError[];
};

/** Whether a path names a format that configuration and manifests are written in: `.yaml`, `.yml`, `.json`. */
export const isManifestFile = (path: string): boolean => /\.(?:ya?ml|json)$/i.test(path);

/**
 * Reads the `syncline.dev/v1` objects out of files; other objects and files without any are passed over. Never throws on
 * what the files say: each fault is an error with file, line and reason, ordered by place.
 */
export const readConfiguration = (
  files: readonly SourceFile[],
  repository: DeclaringRepository,
): Configuration => {
  void files;
  void repository;
  return { applications: [], errors: [] };
};
