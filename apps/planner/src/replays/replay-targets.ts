import { applicationAggregate, planAggregate, requestOf, type ApplicationState } from '@syncline/domain';
import { subjects, type TargetName } from '@syncline/events';
import { Aggregates, CommandRefused, type Position } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import { Fleet, type Member } from '../applications/fleet.js';
import { refuseWhilePaused } from '../pausing/find-pause.js';

type Name = Pick<TargetName, 'project' | 'application'>;
type Declared = Extract<ApplicationState, { status: 'declared' }>;

/** Targets that something of the record is to be carried out on. Refuses by name what cannot be changed. */
@Injectable()
export class ReplayTargets {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Fleet) private readonly fleet: Fleet,
  ) {}

  /** The cluster of a target that may be changed: it is of the fleet, the application is placed on it and not paused. */
  async changeable({ cluster, project, application }: TargetName): Promise<Member> {
    const { members } = await this.#declared({ project, application });
    const member = await this.fleet.find(cluster);
    if (!member) {
      throw new CommandRefused(
        'cluster-unknown',
        `There is no cluster ${cluster}. syncline cluster list shows those that are registered.`,
      );
    }
    if (!members[cluster]) throw notPlaced({ cluster, project, application });
    await refuseWhilePaused(this.aggregates, project, application);
    return member;
  }

  /** The clusters of an application, or those of them that are named. */
  async members(name: Name, clusters?: readonly string[]): Promise<readonly string[]> {
    const { members } = await this.#declared(name);
    const absent = clusters?.find((cluster) => !members[cluster]);
    if (absent !== undefined) throw notPlaced({ ...name, cluster: absent });
    await refuseWhilePaused(this.aggregates, name.project, name.application);
    return clusters ?? Object.keys(members);
  }

  async isReplaying({ cluster, project, application }: TargetName): Promise<boolean> {
    const { state } = await this.aggregates.load(planAggregate, subjects.plan(cluster, project, application));
    return requestOf(state)?.recorded !== undefined;
  }

  /** Where an application's own subject stands, for an answer that changed nothing. */
  async position(project: string, application: string): Promise<Position> {
    const subject = subjects.application(project, application);
    return { sequence: (await this.aggregates.load(applicationAggregate, subject)).sequence, index: 0 };
  }

  async #declared({ project, application }: Name): Promise<Declared> {
    const { state } = await this.aggregates.load(
      applicationAggregate,
      subjects.application(project, application),
    );
    if (state.status === 'declared') return state;
    if (state.status === 'retired') {
      throw new CommandRefused(
        'application-retired',
        `${project}/${application} is retired: no repository declares it. Declare it in Git again, then bring back what ran.`,
      );
    }
    throw new CommandRefused(
      'application-unknown',
      `No repository declares an application ${project}/${application}. syncline app list shows those that are.`,
    );
  }
}

const notPlaced = ({ cluster, project, application }: TargetName): CommandRefused =>
  new CommandRefused(
    'target-unknown',
    `${project}/${application} is not placed on ${cluster}: what runs where is said in Git. syncline status shows where it is.`,
  );
