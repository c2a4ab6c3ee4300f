import type { ServiceEvent } from '@syncline/events';
import { CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

type Data<Type extends ServiceEvent['type']> = Extract<ServiceEvent, { type: Type }>['data'];

/** A service: what it last started as, the credentials sealed to it, and the subjects that its reactions cannot go on with. */
export type ServiceState = {
  readonly started?: Data<'ServiceStarted'>;
  /** Digest of the newest sealed credential, by its name. */
  readonly sealed?: Readonly<Record<string, string>>;
  /** By `<reaction>|<subject>`. */
  readonly parked: Readonly<Record<string, Data<'SubjectParked'>>>;
};

export type ServiceCommand =
  | { readonly type: 'start'; readonly data: Data<'ServiceStarted'> }
  | { readonly type: 'seal'; readonly data: Data<'CredentialSealed'> }
  | { readonly type: 'park'; readonly data: Data<'SubjectParked'> }
  | { readonly type: 'resume'; readonly key: string; readonly service: string };

const parkedKey = (data: Data<'SubjectParked'>): string => `${data.reaction}|${data.subject}`;

/** A process starts once; the next one of the service has another `run`. */
const start = (state: ServiceState, data: Data<'ServiceStarted'>): readonly ServiceEvent[] =>
  data.run !== undefined && state.started?.run === data.run ? [] : [{ type: 'ServiceStarted', data }];

const seal = (state: ServiceState, data: Data<'CredentialSealed'>): readonly ServiceEvent[] =>
  state.sealed?.[data.name] === data.credential.digest ? [] : [{ type: 'CredentialSealed', data }];

const resume = (state: ServiceState, key: string): readonly ServiceEvent[] => {
  const parked = state.parked[key];
  if (!parked) {
    throw new CommandRefused(
      'not-parked',
      `${key.replace('|', ' on ')} is not parked. syncline log parked shows what is.`,
    );
  }
  const { service, reaction, subject, position } = parked;
  return [{ type: 'SubjectResumed', data: { service, reaction, subject, position } }];
};

const decide = (state: ServiceState, command: ServiceCommand): readonly ServiceEvent[] => {
  switch (command.type) {
    case 'start':
      return start(state, command.data);
    case 'seal':
      return seal(state, command.data);
    case 'park':
      return state.parked[parkedKey(command.data)] ? [] : [{ type: 'SubjectParked', data: command.data }];
    case 'resume':
      return resume(state, command.key);
    default:
      return command satisfies never;
  }
};

const evolve = (state: ServiceState, event: ServiceEvent): ServiceState => {
  switch (event.type) {
    case 'ServiceStarted':
      return { ...state, started: event.data };
    case 'SubjectParked':
      return { ...state, parked: { ...state.parked, [parkedKey(event.data)]: event.data } };
    case 'SubjectResumed': {
      const key = `${event.data.reaction}|${event.data.subject}`;
      return {
        ...state,
        parked: Object.fromEntries(Object.entries(state.parked).filter(([one]) => one !== key)),
      };
    }
    case 'CredentialSealed': {
      const { name, credential } = event.data;
      return { ...state, sealed: { ...state.sealed, [name]: credential.digest } };
    }
    default:
      return event satisfies never;
  }
};

const decider: Decider<ServiceState, ServiceCommand, ServiceEvent> = {
  initial: { parked: {} },
  decide,
  evolve,
};

/** `ev.service.<service>` and `ev.cluster.<cluster>.service`. */
export const serviceAggregate: Aggregate<ServiceState, ServiceCommand, ServiceEvent> = {
  name: 'service',
  version: 1,
  decider,
};
