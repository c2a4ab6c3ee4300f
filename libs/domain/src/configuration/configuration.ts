import type { ConfigurationEvent } from '@syncline/events';
import type { Aggregate, BlobRef, Decider } from '@syncline/kernel';

type Data<Type extends ConfigurationEvent['type']> = Extract<ConfigurationEvent, { type: Type }>['data'];

/** What is in force of a repository: the last revision whose declarations were valid, and their document. */
export type InForce = { readonly revision: string; readonly configuration: BlobRef };

/** The declarations of one repository. `revision` is the last one that was read, valid or not. */
export type ConfigurationState =
  | { readonly status: 'unread' }
  | { readonly status: 'accepted'; readonly revision: string; readonly inForce: InForce }
  | { readonly status: 'rejected'; readonly revision: string; readonly inForce?: InForce };

export type ConfigurationCommand =
  | { readonly type: 'accept'; readonly data: Data<'ConfigurationAccepted'> }
  | { readonly type: 'reject'; readonly data: Data<'ConfigurationRejected'> };

const isInForce = (state: ConfigurationState, data: Data<'ConfigurationAccepted'>): boolean =>
  state.status === 'accepted' &&
  state.revision === data.revision &&
  state.inForce.configuration.digest === data.configuration.digest;

const decide = (state: ConfigurationState, command: ConfigurationCommand): readonly ConfigurationEvent[] => {
  switch (command.type) {
    case 'accept':
      return isInForce(state, command.data) ? [] : [{ type: 'ConfigurationAccepted', data: command.data }];
    case 'reject':
      return state.status === 'rejected' && state.revision === command.data.revision
        ? []
        : [{ type: 'ConfigurationRejected', data: command.data }];
    default:
      return command satisfies never;
  }
};

const inForceOf = (state: ConfigurationState): InForce | undefined =>
  state.status === 'unread' ? undefined : state.inForce;

const evolve = (state: ConfigurationState, event: ConfigurationEvent): ConfigurationState => {
  const { revision } = event.data;
  switch (event.type) {
    case 'ConfigurationAccepted':
      return {
        status: 'accepted',
        revision,
        inForce: { revision, configuration: event.data.configuration },
      };
    case 'ConfigurationRejected': {
      const inForce = inForceOf(state);
      return { status: 'rejected', revision, ...(inForce && { inForce }) };
    }
    default:
      return event satisfies never;
  }
};

const decider: Decider<ConfigurationState, ConfigurationCommand, ConfigurationEvent> = {
  initial: { status: 'unread' },
  decide,
  evolve,
};

/** `ev.config.<repo>`. A rejected revision changes nothing: what was in force before it stays so. */
export const configurationAggregate: Aggregate<ConfigurationState, ConfigurationCommand, ConfigurationEvent> =
  {
    name: 'configuration',
    version: 1,
    decider,
  };
