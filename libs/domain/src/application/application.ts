import type { ApplicationEvent, ApplicationSpec } from '@syncline/events';
import { canonicalJson, type Aggregate, type Decider } from '@syncline/kernel';

import { pause, resume } from './pausing.js';
import { observeRollout, startRollout } from './rollout.js';
import type {
  ApplicationCommand,
  ApplicationPause,
  ApplicationState,
  Declared,
  LoggedApplicationEvent,
  Rollout,
} from './state.js';

type Declare = Extract<ApplicationCommand, { type: 'declare' }>;

/** Everything of a spec that reaches a cluster. */
const deployed = (spec: ApplicationSpec): string => canonicalJson({ ...spec, labels: undefined });

const declare = (state: ApplicationState, command: Declare): readonly ApplicationEvent[] => {
  const { rollout: id, repository, revision, spec, affected, fleet } = command;
  const start = { id, repository, revision, spec, fleet };
  if (state.status !== 'declared') {
    return [
      { type: 'ApplicationDeclared', data: { spec, revision } },
      ...startRollout({ ...start, reason: 'declaration', before: undefined }),
    ];
  }
  if (state.repository !== repository || state.rollout?.id === id) return [];
  const revised = canonicalJson(state.spec) !== canonicalJson(spec);
  const redeployed = deployed(state.spec) !== deployed(spec);
  return [
    ...(revised ? ([{ type: 'ApplicationRevised', data: { spec, revision } }] as const) : []),
    ...(affected || redeployed
      ? startRollout({ ...start, reason: affected ? 'revision' : 'declaration', before: state })
      : []),
  ];
};

const retire = (
  state: ApplicationState,
  { repository, revision }: Extract<ApplicationCommand, { type: 'retire' }>,
): readonly ApplicationEvent[] => {
  if (state.status !== 'declared' || state.repository !== repository) return [];
  const { project, name: application } = state.spec;
  const clusters = Object.keys(state.members);
  return [{ type: 'ApplicationRetired', data: { project, application, revision, clusters } }];
};

const decide = (state: ApplicationState, command: ApplicationCommand): readonly ApplicationEvent[] => {
  switch (command.type) {
    case 'declare':
      return declare(state, command);
    case 'retire':
      return retire(state, command);
    case 'place': {
      if (state.status !== 'declared') return [];
      const { repository, revision, spec } = state;
      const { rollout: id, fleet } = command;
      return startRollout({ id, repository, revision, reason: 'placement', spec, fleet, before: state });
    }
    case 'observe': {
      if (state.status !== 'declared' || state.rollout?.id !== command.rollout) return [];
      return state.rollout.wave === command.wave
        ? observeRollout(state, state.rollout, command.progress)
        : [];
    }
    case 'pause':
      return pause(state, command);
    case 'resume':
      return resume(state, command);
    default:
      return command satisfies never;
  }
};

const withSpec = (
  state: ApplicationState,
  { spec, revision }: { readonly spec: ApplicationSpec; readonly revision: string },
): Declared => ({
  ...(state.status === 'declared' ? state : { members: {}, repository: spec.source.repository }),
  status: 'declared',
  spec,
  revision: state.status === 'declared' ? state.revision : revision,
});

const withRollout = (
  state: ApplicationState,
  id: string,
  change: (rollout: Rollout) => Rollout,
): ApplicationState =>
  state.status === 'declared' && state.rollout?.id === id
    ? { ...state, rollout: change(state.rollout) }
    : state;

const started = (
  state: ApplicationState,
  data: Extract<ApplicationEvent, { type: 'RolloutStarted' }>['data'],
): ApplicationState => {
  if (state.status !== 'declared') return state;
  const { rollout: id, repository, revision, waves, labels } = data;
  const rollout = { id, status: 'running', wave: 0, waves } as const;
  return { ...state, repository, revision, members: labels, rollout };
};

const inStatus = ({ id, wave, waves }: Rollout, status: 'running' | 'completed'): Rollout => ({
  id,
  status,
  wave,
  waves,
});

const pauseOf = ({
  data: { by, reason },
  occurredAt = '',
}: Extract<LoggedApplicationEvent, { type: 'ApplicationPaused' }>): ApplicationPause => ({
  by,
  reason,
  since: occurredAt,
});

const withPause = (state: ApplicationState, paused: ApplicationPause | undefined): ApplicationState =>
  state.status === 'declared' ? { ...state, pause: paused } : state;

const evolve = (state: ApplicationState, event: LoggedApplicationEvent): ApplicationState => {
  switch (event.type) {
    case 'ApplicationDeclared':
    case 'ApplicationRevised':
      return withSpec(state, event.data);
    case 'ApplicationRetired':
      return { status: 'retired' };
    case 'RolloutStarted':
      return started(state, event.data);
    case 'WaveOpened':
      return withRollout(state, event.data.rollout, (one) => ({ ...one, wave: event.data.wave }));
    case 'RolloutHalted':
      return withRollout(state, event.data.rollout, (one) => ({
        ...one,
        status: 'halted',
        haltedBy: event.data.cluster,
      }));
    case 'RolloutResumed':
      return withRollout(state, event.data.rollout, (one) => inStatus(one, 'running'));
    case 'RolloutCompleted':
      return withRollout(state, event.data.rollout, (one) => inStatus(one, 'completed'));
    case 'ApplicationPaused':
      return withPause(state, pauseOf(event));
    case 'ApplicationResumed':
      return withPause(state, undefined);
    case 'WaveCompleted':
    case 'RolloutSuperseded':
      return state;
    default:
      return event satisfies never;
  }
};

const decider: Decider<ApplicationState, ApplicationCommand, LoggedApplicationEvent> = {
  initial: { status: 'undeclared' },
  decide,
  evolve,
};

/** `ev.app.<project>.<app>`: an application with its rollout; where it has no waves, its rollout has one named `all`. */
export const applicationAggregate: Aggregate<ApplicationState, ApplicationCommand, LoggedApplicationEvent> = {
  name: 'application',
  version: 1,
  decider,
};
