import { decodeToken, parseTargetSubject } from '@syncline/events';

import type { ApplicationName } from '../application/find-application.js';
import type { LogEvent } from '../client/contract.js';

/** The application that an event is about, itself or one of its targets; undefined for any other event. */
export const applicationOf = ({ subject }: LogEvent): ApplicationName | undefined => {
  const target = parseTargetSubject(subject);
  if (target) return { project: target.project, name: target.application };
  const [, kind, project, name] = subject.split('.');
  if (kind !== 'app' || project === undefined || name === undefined) return undefined;
  return { project: decodeToken(project), name: decodeToken(name) };
};

/** Whether an event is about this application. */
export const belongsTo = (event: LogEvent, { project, name }: ApplicationName): boolean => {
  const about = applicationOf(event);
  return about?.project === project && about.name === name;
};
