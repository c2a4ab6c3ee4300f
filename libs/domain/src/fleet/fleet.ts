import type { FleetEvent } from '@syncline/events';
import { canonicalJson, CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

type Data<Type extends FleetEvent['type']> = Extract<FleetEvent, { type: Type }>['data'];

/** A member of the fleet, or one that never was or is no longer. */
export type FleetState =
  | { readonly status: 'absent' }
  | { readonly status: 'member'; readonly registration: Data<'ClusterRegistered'> }
  | { readonly status: 'removed' };

/** `register` without a credential keeps the one that is known. */
export type FleetCommand =
  | { readonly type: 'register'; readonly data: Data<'ClusterRegistered'> }
  | { readonly type: 'relabel'; readonly data: Data<'ClusterRelabelled'> }
  | { readonly type: 'remove'; readonly data: Data<'ClusterRemoved'> };

const isEqual = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

const unknown = (cluster: string): CommandRefused =>
  new CommandRefused(
    'cluster-unknown',
    `There is no cluster ${cluster}. syncline cluster list shows those that are registered.`,
  );

const relabel = (
  registration: Data<'ClusterRegistered'>,
  labels: Data<'ClusterRelabelled'>['labels'],
): readonly FleetEvent[] =>
  isEqual(registration.labels, labels)
    ? []
    : [{ type: 'ClusterRelabelled', data: { cluster: registration.cluster, labels } }];

const register = (state: FleetState, wanted: Data<'ClusterRegistered'>): readonly FleetEvent[] => {
  if (state.status !== 'member') return [{ type: 'ClusterRegistered', data: wanted }];
  const { registration } = state;
  const credential = wanted.credential ?? registration.credential;
  const next = { ...wanted, ...(credential && { credential }) };
  if (isEqual({ ...next, labels: {} }, { ...registration, labels: {} })) {
    return relabel(registration, wanted.labels);
  }
  return [{ type: 'ClusterRegistered', data: next }];
};

const decide = (state: FleetState, command: FleetCommand): readonly FleetEvent[] => {
  switch (command.type) {
    case 'register':
      return register(state, command.data);
    case 'relabel':
      if (state.status !== 'member') throw unknown(command.data.cluster);
      return relabel(state.registration, command.data.labels);
    case 'remove':
      if (state.status === 'removed') return [];
      if (state.status === 'absent') throw unknown(command.data.cluster);
      return [{ type: 'ClusterRemoved', data: command.data }];
    default:
      return command satisfies never;
  }
};

const evolve = (state: FleetState, event: FleetEvent): FleetState => {
  switch (event.type) {
    case 'ClusterRegistered':
      return { status: 'member', registration: event.data };
    case 'ClusterRelabelled':
      if (state.status !== 'member') return state;
      return { status: 'member', registration: { ...state.registration, labels: event.data.labels } };
    case 'ClusterRemoved':
      return { status: 'removed' };
    default:
      return event satisfies never;
  }
};

const decider: Decider<FleetState, FleetCommand, FleetEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};

/** `ev.fleet.<cluster>`: whether a cluster belongs to the fleet, with which labels, and who applies to it. */
export const fleetAggregate: Aggregate<FleetState, FleetCommand, FleetEvent> = {
  name: 'fleet',
  version: 1,
  decider,
};
