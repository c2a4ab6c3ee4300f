import { randomUUID } from 'node:crypto';

import { targetAggregate } from '@syncline/domain';
import { resourcesRequest, subjects, type ResourcesAnswer } from '@syncline/events';
import { CommandRefused } from '@syncline/kernel';
import { withLogContext } from '@syncline/observability';
import pLimit from 'p-limit';

import { readInventory } from '../applies/plan-inputs.js';
import { closing, refusalOf } from '../refusals.js';
import type { ClusterSurroundings } from '../surroundings.js';

const treesAtOnce = 2;
/** Whoever asks waits ten seconds. */
const patienceMs = 9_000;

/** Answers `resources` for one cluster: what a target holds now, down to Pods. Reads only. */
export class Resources {
  readonly #limit = pLimit(treesAtOnce);

  constructor(private readonly around: ClusterSurroundings) {}

  /** Answers calls until the returned function is called. */
  serve(): Promise<() => Promise<void>> {
    const { log, cluster } = this.around;
    return log.clusterAnswers.serve(cluster, 'resources', (payload, signal) =>
      withLogContext({ correlationId: `resources:${randomUUID()}` }, () => this.#answer(payload, signal)),
    );
  }

  async #answer(payload: unknown, signal: AbortSignal): Promise<ResourcesAnswer> {
    const { cluster, logger } = this.around;
    const late = AbortSignal.timeout(patienceMs);
    try {
      return await this.#limit(() => this.#read(payload, AbortSignal.any([signal, late])));
    } catch (error) {
      const refusal = signal.aborted ? closing(cluster) : late.aborted ? tooSlow(cluster) : refusalOf(error);
      if (refusal) throw refusal;
      logger.error({ err: error, cluster }, 'reading the resources of a target met an unexpected error');
      throw error;
    }
  }

  async #read(payload: unknown, signal: AbortSignal): Promise<ResourcesAnswer> {
    signal.throwIfAborted();
    const { client, cluster, documents, log } = this.around;
    const { project, application } = resourcesRequest.parse(payload);
    const { state } = await log.aggregates.load(
      targetAggregate,
      subjects.target(cluster, project, application),
    );
    return client.resources(await readInventory(documents, state.held.inventory), signal);
  }
}

const tooSlow = (cluster: string): CommandRefused =>
  new CommandRefused(
    'cluster-unreachable',
    `${cluster} did not show all resources within ${patienceMs / 1000} seconds; ask again.`,
  );
