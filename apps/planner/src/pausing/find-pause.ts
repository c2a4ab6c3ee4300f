import { applicationAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { CommandRefused, type Aggregates } from '@syncline/kernel';

/** The pause of an application, where it is paused. */
export const findPause = async (aggregates: Aggregates, project: string, application: string) => {
  const { state } = await aggregates.load(applicationAggregate, subjects.application(project, application));
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
