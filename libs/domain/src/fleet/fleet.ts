import type { FleetEvent } from '@syncline/events';
import { canonicalJson, CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

type Data<Type extends FleetEvent['type']> = Extract<FleetEvent, { type: Type }>['data'];

/** A member of the fleet, or one that never was or is no longer. */
export type FleetState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'member';
      readonly registration: Data<'ClusterRegistered'>;
      /** Since when nothing is heard of its agent. */
      readonly agentLostSince?: string;
    }
  | { readonly status: 'removed' };

/**
 * `register` without a credential keeps the one that is known, unless an agent takes over, which has its own. An agent is lost
 * and returned once each, and only where the cluster has one.
 */
export type FleetCommand =
  | { readonly type: 'register'; readonly data: Data<'ClusterRegistered'> }
  | { readonly type: 'relabel'; readonly data: Data<'ClusterRelabelled'> }
  | { readonly type: 'remove'; readonly data: Data<'ClusterRemoved'> }
  | { readonly type: 'lose-agent'; readonly data: Data<'AgentLost'> }
  | { readonly type: 'return-agent'; readonly cluster: string };

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
  const credential = wanted.agent ? undefined : (wanted.credential ?? registration.credential);
  const next = { ...wanted, ...(credential && { credential }) };
  if (isEqual({ ...next, labels: {} }, { ...registration, labels: {} })) {
    return relabel(registration, wanted.labels);
  }
  return [{ type: 'ClusterRegistered', data: next }];
};

const loseAgent = (state: FleetState, data: Data<'AgentLost'>): readonly FleetEvent[] =>
  state.status !== 'member' || !state.registration.agent || state.agentLostSince !== undefined
    ? []
    : [{ type: 'AgentLost', data }];

const returnAgent = (state: FleetState, cluster: string): readonly FleetEvent[] =>
  state.status !== 'member' || state.agentLostSince === undefined
    ? []
    : [{ type: 'AgentReturned', data: { cluster, lostSince: state.agentLostSince } }];

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
    case 'lose-agent':
      return loseAgent(state, command.data);
    case 'return-agent':
      return returnAgent(state, command.cluster);
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
      return { ...state, registration: { ...state.registration, labels: event.data.labels } };
    case 'ClusterRemoved':
      return { status: 'removed' };
    case 'AgentLost':
      return state.status === 'member' ? { ...state, agentLostSince: event.data.since } : state;
    case 'AgentReturned':
      return state.status === 'member' ? { status: 'member', registration: state.registration } : state;
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
  version: 2,
  decider,
};
