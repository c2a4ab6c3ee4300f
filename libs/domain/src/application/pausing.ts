import type { ApplicationEvent } from '@syncline/events';
import { CommandRefused } from '@syncline/kernel';

import type { ApplicationCommand, ApplicationState, Declared } from './state.js';

type Pause = Extract<ApplicationCommand, { type: 'pause' }>;
type Resume = Extract<ApplicationCommand, { type: 'resume' }>;

const declared = (state: ApplicationState): Declared => {
  if (state.status === 'declared') return state;
  throw new CommandRefused(
    'application-unknown',
    'No repository declares this application. syncline app list shows those that are.',
  );
};

/** Stops everything that would change the application's targets. One that is paused stays as it is, with its first reason. */
export const pause = (state: ApplicationState, { by, reason }: Pause): readonly ApplicationEvent[] => {
  const { spec, pause: paused } = declared(state);
  if (paused) return [];
  const { project, name: application } = spec;
  return [{ type: 'ApplicationPaused', data: { project, application, by, reason } }];
};

/** Lets it go on; one that is not paused goes on anyway. */
export const resume = (state: ApplicationState, { by, reason }: Resume): readonly ApplicationEvent[] => {
  const { spec, pause: paused } = declared(state);
  if (!paused) return [];
  const { project, name: application } = spec;
  return [
    {
      type: 'ApplicationResumed',
      data: { project, application, by, ...(reason !== undefined && { reason }) },
    },
  ];
};
