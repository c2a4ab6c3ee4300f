import { applicationAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { CommandRefused, type Aggregates, type Position } from '@syncline/kernel';

/** The pause of an application, where it is paused; with `since`, as a reaction to an event there needs to know. */
export const findPause = async (
  aggregates: Aggregates,
  project: string,
  application: string,
  since?: Position,
) => {
  const subject = subjects.application(project, application);
  const { state } = await aggregates.load(applicationAggregate, subject, since);
  return state.status === 'declared' ? state.pause : undefined;
};

/** Refuses what would change the targets of an application that is paused. */
export const refuseWhilePaused = async (
  aggregates: Aggregates,
  project: string,
  application: string,
): Promise<void> => {
  const pause = await findPause(aggregates, project, application);
  if (!pause) return;
  throw new CommandRefused(
    'application-paused',
    `${project}/${application} is paused since ${pause.since}: ${pause.reason}. syncline resume ${application} lets it go on.`,
  );
};
