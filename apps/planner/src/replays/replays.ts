import { planAggregate } from '@syncline/domain';
import { subjects, type TargetName } from '@syncline/events';
import { Aggregates, type Cause } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';
import { Binding } from './binding.js';
import { Deployments, type DeploymentName } from './deployments.js';
import { ReplayTargets } from './replay-targets.js';

/** Which deployment is to run again, where, and on whose wish; `since` is when that was (RFC 3339). */
export type Wish = DeploymentName & {
  readonly onto?: string | undefined;
  readonly by: string;
  readonly reason?: string | undefined;
  readonly since: string;
};

/** Lets deployments of the record run again. Refuses by name what cannot. */
@Injectable()
export class Replays {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(ReplayTargets) private readonly targets: ReplayTargets,
    @Inject(Deployments) private readonly deployments: Deployments,
    @Inject(Binding) private readonly binding: Binding,
  ) {}

  async replay({ onto, by, reason, since, ...name }: Wish, cause: Cause) {
    const { project, application, plan, cluster: from } = name;
    const target: TargetName = { project, application, cluster: onto ?? from };
    const { recipient } = await this.targets.changeable(target);
    const deployment = await this.deployments.find(name);
    const { manifests, render } = await this.binding.bind(deployment, target, recipient);
    const { revision, namespace } = deployment;
    const who = { by, since, ...(reason !== undefined && { reason }) };
    const recorded = { kind: 'replay', plan, cluster: from, manifests, render, namespace, ...who } as const;
    const of = subjects.target(target.cluster, project, application);
    const ending = endingOf((await this.aggregates.load(outcomeAggregate, of)).state);
    const command = { type: 'replay', revision, recorded, ...(ending && { ending }) } as const;
    const subject = subjects.plan(target.cluster, project, application);
    const decided = await this.aggregates.decide(planAggregate, subject, command, cause);
    return { target, revision, decided };
  }
}
