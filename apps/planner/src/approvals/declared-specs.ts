import type { ClusterLabels } from '@syncline/domain';
import { subjects, type ApplicationSpec } from '@syncline/events';
import { GitError } from '@syncline/git';
import { Aggregates, CommandRefused } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import { Fleet } from '../applications/fleet.js';
import { Configurations } from '../configuration/configurations.js';
import { registeredPaths, registrationAggregate } from '../configuration/registration.js';
import type { RevisionTree } from '../configuration/revision-tree.js';
import { Revisions } from '../configuration/revisions.js';

type Name = { readonly project: string; readonly application: string };

/** Applications as some revision declares them, in force or not. */
@Injectable()
export class DeclaredSpecs {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Revisions) private readonly revisions: Revisions,
    @Inject(Configurations) private readonly configurations: Configurations,
    @Inject(Fleet) private readonly fleet: Fleet,
  ) {}

  /** An application at a revision, and the fleet that it would be placed on. Refuses what cannot be read, by name. */
  async at(
    repository: string,
    revision: string,
    { project, application }: Name,
  ): Promise<{ readonly spec: ApplicationSpec; readonly fleet: ClusterLabels }> {
    const tree = await this.#tree(repository, revision);
    const { state } = await this.aggregates.load(registrationAggregate, subjects.repository(repository));
    const request = { repository, revision, tree, paths: registeredPaths(state) };
    const ref = state.registered?.ref.name;
    const { applications, errors } = await this.configurations.declared({
      ...request,
      ...(ref !== undefined && { ref }),
    });
    const [first] = errors;
    if (first) {
      throw new CommandRefused(
        'configuration-invalid',
        `The configuration at ${revision.slice(0, 7)} is invalid: ${first.file}:${first.line} ${first.reason}`,
      );
    }
    const found = applications.find(({ spec }) => spec.project === project && spec.name === application);
    if (found) return { spec: found.spec, fleet: await this.fleet.labels() };
    throw new CommandRefused(
      'application-absent',
      `${repository} at ${revision.slice(0, 7)} does not declare ${project}/${application}.`,
    );
  }

  async #tree(repository: string, revision: string): Promise<RevisionTree> {
    try {
      return await this.revisions.tree(repository, revision);
    } catch (error) {
      if (!(error instanceof GitError && error.code === 'object-missing')) throw error;
      throw new CommandRefused(
        'revision-unknown',
        `${repository} was never seen at ${revision}. syncline repo list shows where it stands.`,
      );
    }
  }
}
