import { always, defineTable } from './table.js';

type Instants = { readonly occurredAt: string; readonly recordedAt: string };
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;

/** A registered repository and what was last seen of it. */
export type RepositoryRow = Instants & {
  readonly repository: string;
  readonly url: string;
  readonly ref: { readonly kind: string; readonly name: string };
  readonly paths: readonly string[];
  readonly include: readonly string[];
  readonly pollSeconds: number;
  readonly revision: string | null;
  readonly message: string | null;
  /** Why it is not followed; with the revision where that is what is refused. */
  readonly failure: {
    readonly class: string;
    readonly reason: string;
    readonly since: string;
    readonly revision?: string;
  } | null;
  /** What the planner made of the last revision that it looked at. */
  readonly configuration: {
    readonly revision: string;
    readonly accepted: boolean;
    readonly errors?: readonly { readonly file: string; readonly line: number; readonly reason: string }[];
    readonly errorCount?: number;
    readonly since: string;
  } | null;
};
export const repositoryTable = defineTable<RepositoryRow>('repository', {
  repository: 'text!',
  url: 'text',
  ref: 'json',
  paths: 'json',
  include: 'json',
  pollSeconds: 'integer',
  revision: 'text?',
  message: 'text?',
  failure: 'json?',
  configuration: 'json?',
  ...instants,
});

/** A revision as it was seen on a repository's ref. People stand in it as ids. */
export type RevisionRow = Instants & {
  readonly sequence: number;
  readonly index: number;
  readonly repository: string;
  readonly revision: string;
  readonly previous: string | null;
  readonly message: string;
  readonly author: string;
  readonly committer: string;
  readonly committedAt: string;
  readonly forced: boolean;
  readonly reverts: readonly string[];
  readonly correlationId: string;
};
export const revisionTable = defineTable<RevisionRow>(
  'revision',
  {
    sequence: 'sequence!',
    index: 'integer!',
    repository: 'text',
    revision: 'text',
    previous: 'text?',
    message: 'text',
    author: 'text',
    committer: 'text',
    committedAt: 'instant',
    forced: 'boolean',
    reverts: 'json',
    correlationId: 'text',
    ...instants,
  },
  { isFinal: always },
);

/** What the planner made of one revision of a repository; `document` lists its applications where it was accepted. */
export type ConfigurationRow = Instants & {
  readonly sequence: number;
  readonly index: number;
  readonly repository: string;
  readonly revision: string;
  readonly document: string | null;
  readonly errors: readonly unknown[] | null;
  readonly errorCount: number;
};
export const configurationTable = defineTable<ConfigurationRow>(
  'configuration',
  {
    sequence: 'sequence!',
    index: 'integer!',
    repository: 'text',
    revision: 'text',
    document: 'text?',
    errors: 'json?',
    errorCount: 'integer',
    ...instants,
  },
  { isFinal: always },
);
