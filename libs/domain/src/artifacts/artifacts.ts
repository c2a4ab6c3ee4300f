import type { ArtifactEvent, ArtifactFailure, ArtifactReference, ResolvedArtifact } from '@syncline/events';
import { canonicalJson, type Aggregate, type Decider } from '@syncline/kernel';

/** How many references are remembered: each edit of a version in Git is another one. */
const remembered = 500;

/** One reference: what it led to last, and whether it can be had now. */
export type KnownArtifact = {
  readonly resolved?: ResolvedArtifact;
  readonly outage?: { readonly since: string; readonly said: readonly ArtifactFailure[] };
};

/** Everything that applications of a repository name and that lies elsewhere, by {@link artifactKey}. */
export type ArtifactsState = { readonly known: Readonly<Record<string, KnownArtifact>> };

type Common = { readonly repository: string; readonly artifact: ArtifactReference };

export type ArtifactCommand =
  | (Common & {
      /** It was looked for, and its content is stored. `at` is RFC 3339. */
      readonly type: 'resolve';
      readonly resolved: ResolvedArtifact;
      readonly at: string;
    })
  | (Common & {
      /** It was looked for, and is what it was. */
      readonly type: 'reach';
      readonly at: string;
    })
  | (Common & {
      readonly type: 'fail';
      readonly class: ArtifactFailure;
      readonly reason: string;
      readonly at: string;
    });

/** A reference as the key of what is known of it. */
export const artifactKey = (artifact: ArtifactReference): string => canonicalJson(artifact);

/** What is known of a reference. */
export const knownArtifact = ({ known }: ArtifactsState, artifact: ArtifactReference): KnownArtifact => {
  const key = artifactKey(artifact);
  return (Object.hasOwn(known, key) ? known[key] : undefined) ?? {};
};

const recovered = (state: ArtifactsState, { repository, artifact, at }: Common & { at: string }) =>
  knownArtifact(state, artifact).outage
    ? [{ type: 'ArtifactRecovered', data: { repository, artifact, since: at } } as const]
    : [];

/** The version and the content are what counts: the same content under another version renders the same, and is said. */
const isSame = (a: ResolvedArtifact | undefined, b: ResolvedArtifact): boolean =>
  a?.version === b.version && a.digest === b.digest;

const resolve = (
  state: ArtifactsState,
  command: Extract<ArtifactCommand, { type: 'resolve' }>,
): readonly ArtifactEvent[] => {
  const { repository, artifact, resolved } = command;
  const before = knownArtifact(state, artifact).resolved;
  if (isSame(before, resolved)) return recovered(state, command);
  const previous = before && { version: before.version, digest: before.digest };
  const data = { repository, artifact, resolved, ...(previous && { previous }) };
  return [...recovered(state, command), { type: 'ArtifactResolved', data }];
};

const decide = (state: ArtifactsState, command: ArtifactCommand): readonly ArtifactEvent[] => {
  switch (command.type) {
    case 'resolve':
      return resolve(state, command);
    case 'reach':
      return recovered(state, command);
    case 'fail': {
      const { repository, artifact, class: failure, reason, at } = command;
      // Each class is said once in an outage, not once per attempt.
      if (knownArtifact(state, artifact).outage?.said.includes(failure)) return [];
      return [{ type: 'ArtifactFailed', data: { repository, artifact, class: failure, reason, since: at } }];
    }
    default:
      return command satisfies never;
  }
};

const afterwards = (before: KnownArtifact, event: ArtifactEvent): KnownArtifact => {
  const resolved = before.resolved && { resolved: before.resolved };
  switch (event.type) {
    case 'ArtifactResolved':
      return { ...before, resolved: event.data.resolved };
    case 'ArtifactFailed': {
      const { class: failure, since } = event.data;
      const said = [...(before.outage?.said ?? []), failure];
      return { ...resolved, outage: { since: before.outage?.since ?? since, said } };
    }
    case 'ArtifactRecovered':
      return { ...resolved };
    default:
      return event satisfies never;
  }
};

/** What was said of longest ago is forgotten first; it is found again where it is still named. */
const bounded = (entries: readonly (readonly [string, KnownArtifact])[]): ArtifactsState => ({
  known: Object.fromEntries(entries.slice(-remembered)),
});

const evolve = (state: ArtifactsState, event: ArtifactEvent): ArtifactsState => {
  const key = artifactKey(event.data.artifact);
  const others = Object.entries(state.known).filter(([each]) => each !== key);
  return bounded([...others, [key, afterwards(knownArtifact(state, event.data.artifact), event)]]);
};

const decider: Decider<ArtifactsState, ArtifactCommand, ArtifactEvent> = {
  initial: { known: {} },
  decide,
  evolve,
};

/** `ev.repo.<repo>.artifacts`: what the charts and artifacts that a repository names led to, and whether they can be had. */
export const artifactsAggregate: Aggregate<ArtifactsState, ArtifactCommand, ArtifactEvent> = {
  name: 'artifacts',
  version: 1,
  decider,
};
