import type { LinkEvent } from '@syncline/events';
import type { Aggregate, Decider } from '@syncline/kernel';

type Data<Type extends LinkEvent['type']> = Extract<LinkEvent, { type: Type }>['data'];

type Seen = {
  /** Digest of the capabilities that were last observed. */
  readonly capabilities?: string;
};

/** Whether a cluster's API server answers its applier. */
export type LinkState = Seen &
  (
    | { readonly status: 'unknown' }
    | { readonly status: 'connected'; readonly kubernetesVersion: string }
    | { readonly status: 'lost' }
  );

/**
 * `connect` and `lose` with `anew` are said even where they are known: an applier that was away itself says once how it is,
 * because whoever asked it meanwhile had no answer and waits for this.
 */
export type LinkCommand =
  | { readonly type: 'connect'; readonly data: Data<'ClusterConnected'>; readonly anew: boolean }
  | { readonly type: 'lose'; readonly data: Data<'ClusterLost'>; readonly anew?: boolean }
  | { readonly type: 'observe-capabilities'; readonly data: Data<'CapabilitiesObserved'> };

const decide = (state: LinkState, command: LinkCommand): readonly LinkEvent[] => {
  switch (command.type) {
    case 'connect': {
      const isKnown =
        state.status === 'connected' && state.kubernetesVersion === command.data.kubernetesVersion;
      return isKnown && !command.anew ? [] : [{ type: 'ClusterConnected', data: command.data }];
    }
    case 'lose':
      return state.status === 'lost' && command.anew !== true
        ? []
        : [{ type: 'ClusterLost', data: command.data }];
    case 'observe-capabilities':
      return state.capabilities === command.data.capabilities
        ? []
        : [{ type: 'CapabilitiesObserved', data: command.data }];
    default:
      return command satisfies never;
  }
};

const seen = ({ capabilities }: LinkState): Seen => (capabilities === undefined ? {} : { capabilities });

const evolve = (state: LinkState, event: LinkEvent): LinkState => {
  switch (event.type) {
    case 'ClusterConnected':
      return { ...seen(state), status: 'connected', kubernetesVersion: event.data.kubernetesVersion };
    case 'ClusterLost':
      return { ...seen(state), status: 'lost' };
    case 'CapabilitiesObserved':
      return { ...state, capabilities: event.data.capabilities };
    default:
      return event satisfies never;
  }
};

const decider: Decider<LinkState, LinkCommand, LinkEvent> = {
  initial: { status: 'unknown' },
  decide,
  evolve,
};

/** `ev.cluster.<cluster>.link`: whether its API server answers, and what it serves. */
export const linkAggregate: Aggregate<LinkState, LinkCommand, LinkEvent> = {
  name: 'link',
  version: 1,
  decider,
};
