import type { ApplicationEvent, ApplicationSpec, RolloutReason } from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';

import { placementOf, targetSpecOf, type ClusterLabels } from './placement.js';
import type { Declared, MemberProgress, Rollout, WaveProgress } from './state.js';

/** What a rollout that is to start takes with it. */
export type RolloutStart = {
  readonly id: string;
  readonly repository: string;
  readonly revision: string;
  readonly reason: RolloutReason;
  readonly spec: ApplicationSpec;
  readonly fleet: ClusterLabels;
  readonly before: Declared | undefined;
};

const isUnderWay = (rollout: Rollout | undefined): rollout is Rollout =>
  rollout !== undefined && rollout.status !== 'completed';

/** Members whose target takes something else than before, or that were none. */
const changedMembers = (before: Declared, spec: ApplicationSpec, members: ClusterLabels): readonly string[] =>
  Object.keys(members).filter((cluster) => {
    const known = before.members[cluster];
    const labels = members[cluster] ?? {};
    return (
      known === undefined ||
      canonicalJson(targetSpecOf(before.spec, known)) !== canonicalJson(targetSpecOf(spec, labels))
    );
  });

const superseded = (before: Declared | undefined, by: string): readonly ApplicationEvent[] =>
  before && isUnderWay(before.rollout)
    ? [{ type: 'RolloutSuperseded', data: { rollout: before.rollout.id, revision: before.revision, by } }]
    : [];

/**
 * The events that start a rollout. One for the placement's sake concerns only the clusters that changed (none: it does
 * not start), but takes over every member of one that is under way: a target that is already being planned or applied
 * at the revision goes on undisturbed. Any other starts and completes even where no cluster is chosen, so that a
 * cluster that joins later gets its revision.
 */
export const startRollout = (start: RolloutStart): readonly ApplicationEvent[] => {
  const { id: rollout, repository, revision, reason, spec, before } = start;
  const members = placementOf(spec, start.fleet);
  const released = Object.keys(before?.members ?? {}).filter((cluster) => members[cluster] === undefined);
  const everyMember = Object.keys(members);
  const narrow = reason === 'placement' && before !== undefined;
  const changed = narrow ? changedMembers(before, spec, members) : everyMember;
  if (narrow && changed.length === 0 && released.length === 0) return [];
  const clusters = narrow && isUnderWay(before.rollout) ? everyMember : changed;
  const waves = clusters.length > 0 ? [{ name: 'all', clusters: [...clusters] }] : [];
  const labels = Object.fromEntries(Object.entries(members).map(([name, own]) => [name, { ...own }]));
  return [
    ...superseded(before, rollout),
    {
      type: 'RolloutStarted',
      data: { rollout, repository, revision, reason, spec, waves, labels, released },
    },
    ...openWave({ rollout, revision }, waves, 0),
  ];
};

/** Opens a wave; where there is none left, the rollout is completed. */
const openWave = (
  { rollout, revision }: { readonly rollout: string; readonly revision: string },
  waves: Rollout['waves'],
  wave: number,
): readonly ApplicationEvent[] => {
  const next = waves[wave];
  if (!next) return [{ type: 'RolloutCompleted', data: { rollout, revision } }];
  const { name, clusters } = next;
  return [{ type: 'WaveOpened', data: { rollout, revision, wave, name, clusters: [...clusters] } }];
};

const firstFailed = (progress: WaveProgress): readonly [string, string] | undefined =>
  Object.entries(progress).flatMap(([cluster, one]): [string, string][] =>
    one.status === 'failed' ? [[cluster, one.reason]] : [],
  )[0];

/**
 * What the targets' progress means for their rollout. A wave is complete when each of its members is done; a member
 * that failed halts the rollout, and one that moves again lets it go on.
 */
export const observeRollout = (
  state: Declared,
  rollout: Rollout,
  progress: WaveProgress,
): readonly ApplicationEvent[] => {
  const open = rollout.waves[rollout.wave];
  if (!open || rollout.status === 'completed') return [];
  const common = { rollout: rollout.id, revision: state.revision };
  const failed = firstFailed(progress);
  if (failed) {
    const [cluster, reason] = failed;
    return rollout.status === 'halted'
      ? []
      : [{ type: 'RolloutHalted', data: { ...common, cluster, reason } }];
  }
  const resumed: readonly ApplicationEvent[] =
    rollout.status === 'halted'
      ? [{ type: 'RolloutResumed', data: { ...common, cluster: rollout.haltedBy ?? '' } }]
      : [];
  const isDone = (one: MemberProgress | undefined): boolean => one?.status === 'done';
  if (!open.clusters.every((cluster) => isDone(progress[cluster]))) return resumed;
  return [
    ...resumed,
    { type: 'WaveCompleted', data: { ...common, wave: rollout.wave, name: open.name } },
    ...openWave(common, rollout.waves, rollout.wave + 1),
  ];
};
