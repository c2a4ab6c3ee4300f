import { randomUUID } from 'node:crypto';

import { targetAggregate, type TargetState } from '@syncline/domain';
import {
  diffRequest,
  subjects,
  type DiffAnswer,
  type DiffDocument,
  type DiffRequest,
  type TargetName,
} from '@syncline/events';
import { beginning } from '@syncline/kernel';
import { withLogContext } from '@syncline/observability';
import pLimit from 'p-limit';

import { readHeldObjects } from '../applies/held-objects.js';
import { openManifests } from '../manifests.js';
import { closing, refusalOf } from '../refusals.js';
import type { ClusterSurroundings } from '../surroundings.js';

const diffsAtOnce = 8;
const applyPatienceMs = 20_000;
/** A longer answer is a blob: a message holds a megabyte. */
const inlineCharacters = 128 * 1024;

/** What diffs ask of the rest of the cluster's work. */
export type DiffNeighbours = {
  /** Waits, for a time, until no apply of the target is under way: what it leaves is what is to be compared. */
  readonly untilQuiet: (target: TargetName, timeoutMs: number) => Promise<void>;
};

/** Answers `diff` for one cluster: what its API server would make of manifests, without writing anything. */
export class Diffs {
  readonly #limit = pLimit(diffsAtOnce);

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly neighbours: DiffNeighbours,
  ) {}

  /** Answers calls until the returned function is called. */
  serve(): Promise<() => Promise<void>> {
    const { log, cluster, dryRuns, inHand } = this.around;
    return log.clusterAnswers.serve(cluster, 'diff', (payload, signal) =>
      withLogContext({ correlationId: `diff:${randomUUID()}` }, () =>
        inHand.during(() => this.#limit(() => dryRuns.take(() => this.#answer(payload, signal)))),
      ),
    );
  }

  async #answer(payload: unknown, signal: AbortSignal): Promise<DiffAnswer> {
    const { meter, cluster, logger } = this.around;
    const began = performance.now();
    const done = (outcome: string): void =>
      meter.diffed(cluster, outcome, (performance.now() - began) / 1000);
    try {
      const answer = await this.#diff(diffRequest.parse(payload), signal);
      done('answered');
      return answer;
    } catch (error) {
      const refusal = signal.aborted ? closing(cluster) : refusalOf(error);
      done(refusal ? refusal.code : 'failed');
      if (refusal) throw refusal;
      logger.error({ err: error, cluster }, 'a dry run met an unexpected error');
      throw error;
    }
  }

  async #diff(request: DiffRequest, signal: AbortSignal): Promise<DiffAnswer> {
    const { client, cluster, documents, identity, log } = this.around;
    const { project, application, namespace, manifests, prune, ignore = [] } = request;
    await this.neighbours.untilQuiet({ cluster, project, application }, applyPatienceMs);
    const { objects, secrets } = await openManifests(documents, identity, manifests);
    const { state } = await log.aggregates.load(
      targetAggregate,
      subjects.target(cluster, project, application),
      beginning,
    );
    const inventory = await readHeldObjects(this.around, request, state.held, signal);
    const target = { project, application, namespace, objects, secrets, ignore };
    const diff = await client.diff(target, inventory, prune, signal);
    const document: DiffDocument = isHeld(state) ? diff : { ...diff, holds: 'nothing' };
    const isSmall = JSON.stringify(document).length <= inlineCharacters;
    return isSmall ? { inline: document } : { diff: await documents.write(document) };
  }
}

/** Whether a plan was carried out whose objects are watched and may be pruned. */
const isHeld = ({ status, held }: TargetState): boolean =>
  status !== 'orphaned' && held.applied !== undefined && held.inventory !== undefined;
