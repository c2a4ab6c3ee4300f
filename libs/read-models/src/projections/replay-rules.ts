import type { RecordedManifests } from '@syncline/events';

import type { ReplayNote, TargetRow } from '../tables/target.js';

/** What runs, and what ends that. */
const sentenceOf = (
  application: string,
  { kind, plan, instead }: RecordedManifests,
  revision: string,
): string => {
  const wanted = instead.slice(0, 7);
  const end = `another commit for it, or syncline replay --end ${application}, ends that`;
  return kind === 'replay'
    ? `runs plan ${plan.slice(0, 12)} (${revision.slice(0, 7)}) again in place of ${wanted}; ${end}`
    : `has objects back that ${wanted} does not have; ${end}`;
};

/** What a request from the record says of its target; null where it is for what Git wants. */
export const replayOf = (
  application: string,
  recorded: RecordedManifests | undefined,
  revision: string,
): ReplayNote | null => {
  if (!recorded) return null;
  const { kind, plan, cluster, by, reason = null, since } = recorded;
  const sentence = sentenceOf(application, recorded, revision);
  return { kind, sentence, plan, cluster, revision, by, reason, since };
};

/** A target whose plan is carried out: in sync with Git, or held by what is there of the record in its place. */
export const atRest = (row: TargetRow): TargetRow =>
  row.replay
    ? { ...row, sync: 'Held', message: row.replay.sentence }
    : { ...row, sync: 'InSync', message: null };

/** Whether nothing goes on at a target and its plan is carried out. */
export const isAtRest = ({ sync, replay, message }: TargetRow): boolean =>
  sync === 'InSync' || (sync === 'Held' && replay !== null && message === replay.sentence);
