import {
  instantsOf, put, remove, type Change, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import { parkedTable, serviceTable } from '../tables/service.js';

const project = (event: Stored): readonly Change[] => {
  switch (event.type) {
    case 'ServiceStarted': {
      const { service, version, configuration, recipient } = event.data;
      return [
        put(serviceTable, {
          ...{ subject: event.subject, service, version, configuration },
          recipient: recipient ?? null,
          ...instantsOf(event),
        }),
      ];
    }
    case 'SubjectParked':
      return [put(parkedTable, { ...event.data, ...instantsOf(event) })];
    case 'SubjectResumed': {
      const { service, reaction, subject } = event.data;
      return [remove(parkedTable, { service, reaction, subject })];
    }
    default:
      return [];
  }
};

/** Services as they last started, and the subjects that wait to be resumed. */
export const servicesProjection: Projection = {
  name: 'services',
  version: 1,
  tables: [serviceTable, parkedTable],
  reads: () => [],
  project,
};
