import { z } from 'zod';

import { target, type Target } from '../client/contract.js';
import { short } from '../story/words.js';

/** `GET /v1/applications/<project>/<name>/revisions/<sha>` */
export const revisionAnswer = z.looseObject({
  revision: z.string(),
  known: z.boolean(),
  affected: z.boolean().nullish(),
  reached: z.boolean(),
  supersededBy: z.string().nullish(),
  refused: z.string().nullish(),
  rejected: z.array(z.object({ file: z.string(), line: z.number(), reason: z.string() })).nullish(),
  targets: z.array(target),
});
export type RevisionAnswer = z.infer<typeof revisionAnswer>;

/** Whether a revision is where it should be, is on its way, or will not arrive by itself. */
export type Verdict =
  { readonly status: 'reached' } | { readonly status: 'waiting' | 'failed'; readonly reason: string };

const stateText = ({ sync, health, message, revision }: Target): string => {
  const why = typeof message === 'string' && message !== '' ? `: ${message}` : '';
  const at = revision === null ? '' : ` at ${short(revision)}`;
  return `${sync === 'InSync' ? health : sync}${at}${why}`;
};

/** What holds each target; clusters of which the same is to be said stand together. */
const placesText = (targets: readonly Target[]): string =>
  [...Map.groupBy(targets, stateText)]
    .map(([state, ones]) => {
      const names = ones.map(({ cluster }) => cluster).join(', ');
      return `${names} ${ones.length === 1 ? 'is' : 'are'} ${state}`;
    })
    .join('; ');

const rejectionOf = ({ revision, rejected }: RevisionAnswer): string | undefined => {
  if (!rejected) return undefined;
  const errors = rejected.map(({ file, line, reason }) => `${file}:${line} ${reason}`);
  return `the configuration of ${short(revision)} was rejected: ${errors.join('; ')}`;
};

/**
 * What to make of an answer about a revision. A target that Failed at it has failed; one that waits for a person or a
 * cluster may still arrive. A rejected configuration will not, whatever is waited for.
 */
export const judgeRevision = (answer: RevisionAnswer): Verdict => {
  const { revision, known, reached, targets } = answer;
  if (reached) return { status: 'reached' };
  if (typeof answer.refused === 'string') return { status: 'failed', reason: answer.refused };
  const rejected = rejectionOf(answer);
  if (rejected !== undefined) return { status: 'failed', reason: rejected };
  if (!known)
    return { status: 'waiting', reason: `${short(revision)} has not been seen in its repository yet` };
  const failed = targets.filter((one) => one.desiredRevision === revision && one.sync === 'Failed');
  if (failed.length > 0) return { status: 'failed', reason: placesText(failed) };
  const behind = targets.filter(
    (one) => one.revision !== revision || one.health !== 'Current' || one.sync !== 'InSync',
  );
  return {
    status: 'waiting',
    reason: behind.length === 0 ? 'its targets are being planned' : placesText(behind),
  };
};
