import { applicationAggregate, placementOf, targetSpecOf } from '@syncline/domain';
import { oid, planDocument, subjects, type ApplicationSpec } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, CommandRefused, EventLog, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { TargetPlanner, type Planned } from '../planning/target-planner.js';
import { DeclaredSpecs } from './declared-specs.js';

const preview = z.object({
  project: z.string(),
  application: z.string(),
  revision: oid,
  clusters: z.array(z.string()).optional(),
});

/** What a revision would do on one cluster. */
const shown = (cluster: string, planned: Planned) => {
  if (planned.status !== 'planned') return { cluster, ...planned };
  const { composed, render } = planned;
  const { bytes, plan: digest, ...rest } = composed;
  const plan = planDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return { cluster, status: planned.status, digest, render, plan, ...rest };
};

/** Shows what a commit would do: rendered and dry-run as a real plan is, and nothing of it is recorded. */
@Controller()
export class PreviewHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(TargetPlanner) private readonly planner: TargetPlanner,
    @Inject(DeclaredSpecs) private readonly specs: DeclaredSpecs,
  ) {}

  @AnswersCommand('preview')
  async preview({ payload }: CommandRequest): Promise<CommandAnswer> {
    const { project, application, revision, clusters } = preview.parse(payload);
    const repository = await this.#repositoryOf(project, application);
    const { spec, fleet } = await this.specs.at(repository, revision, { project, application });
    const members = placementOf(spec, fleet);
    const wanted = (cluster: string): boolean => clusters?.includes(cluster) ?? true;
    const planned = await Promise.all(
      Object.entries(members)
        .filter(([cluster]) => wanted(cluster))
        .map(([cluster, labels]) => this.#plan({ cluster, revision, spec, labels })),
    );
    const position = { sequence: await this.log.lastSequence(), index: 0 };
    return { position, result: { revision, clusters: planned } };
  }

  async #plan(target: {
    readonly cluster: string;
    readonly revision: string;
    readonly spec: ApplicationSpec;
    readonly labels: Readonly<Record<string, string>>;
  }) {
    const { cluster, revision, spec, labels } = target;
    const planned = await this.planner.plan({
      target: { cluster, project: spec.project, application: spec.name },
      revision,
      spec: targetSpecOf(spec, labels),
      cause: '0.0',
    });
    return shown(cluster, planned);
  }

  async #repositoryOf(project: string, application: string): Promise<string> {
    const subject = subjects.application(project, application);
    const { state } = await this.aggregates.load(applicationAggregate, subject);
    if (state.status === 'declared') return state.repository;
    throw new CommandRefused(
      'application-unknown',
      `No repository declares an application ${project}/${application}. syncline app list shows those that are.`,
    );
  }
}
