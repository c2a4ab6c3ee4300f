import type { CheckpointEvent } from '@syncline/events';
import { CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

type Data<Type extends CheckpointEvent['type']> = Extract<CheckpointEvent, { type: Type }>['data'];

/** What was signed of the log: by which key, and up to where. */
export type CheckpointsState = {
  readonly origin?: string;
  /** The key that signs now, as C2SP writes a verifier down. */
  readonly key?: string;
  /** The newest checkpoint. */
  readonly last?: Pick<Data<'CheckpointSigned'>, 'size' | 'root' | 'key' | 'note'>;
};

/** `announce` and `sign` carry notes whose signatures the caller has made. */
export type CheckpointsCommand =
  | { readonly type: 'announce'; readonly data: Data<'CheckpointKeyAnnounced'> }
  | { readonly type: 'sign'; readonly data: Data<'CheckpointSigned'> };

const refuseOrigin = (state: CheckpointsState, origin: string): void => {
  if (state.origin === undefined || state.origin === origin) return;
  throw new CommandRefused(
    'checkpoint-origin',
    `The log is called ${state.origin} since its first checkpoint, and ${origin} would be another one. Set SYNCLINE_LOG_ORIGIN to ${state.origin}, or leave it out.`,
  );
};

const announce = (
  state: CheckpointsState,
  data: Data<'CheckpointKeyAnnounced'>,
): readonly CheckpointEvent[] => {
  refuseOrigin(state, data.origin);
  if (state.key === data.key) return [];
  if (state.key !== data.previous)
    throw new CommandRefused(
      'checkpoint-key',
      `The checkpoints of ${data.origin} are signed by ${state.key ?? 'no key'} so far, which has not signed ${data.key}. Give its file in SYNCLINE_CHECKPOINT_PREVIOUS_KEY_FILE.`,
    );
  return [{ type: 'CheckpointKeyAnnounced', data }];
};

const sign = (state: CheckpointsState, data: Data<'CheckpointSigned'>): readonly CheckpointEvent[] => {
  refuseOrigin(state, data.origin);
  if (state.key !== data.key)
    throw new CommandRefused('checkpoint-key', `${data.key} is not the key that the log announced last.`);
  const { last } = state;
  if (last?.size === data.size && last.root !== data.root)
    throw new CommandRefused(
      'log-lost-positions',
      `The checkpoint over ${last.size} messages has another root than the log: a message was replaced.`,
    );
  return last && data.size <= last.size ? [] : [{ type: 'CheckpointSigned', data }];
};

const decide = (state: CheckpointsState, command: CheckpointsCommand): readonly CheckpointEvent[] => {
  switch (command.type) {
    case 'announce':
      return announce(state, command.data);
    case 'sign':
      return sign(state, command.data);
    default:
      return command satisfies never;
  }
};

const evolve = (state: CheckpointsState, event: CheckpointEvent): CheckpointsState => {
  switch (event.type) {
    case 'CheckpointKeyAnnounced':
      return { ...state, origin: event.data.origin, key: event.data.key };
    case 'CheckpointSigned': {
      const { size, root, key, note } = event.data;
      return { ...state, last: { size, root, key, note } };
    }
    default:
      return event satisfies never;
  }
};

const decider: Decider<CheckpointsState, CheckpointsCommand, CheckpointEvent> = {
  initial: {},
  decide,
  evolve,
};

/** `ev.log`. */
export const checkpointsAggregate: Aggregate<CheckpointsState, CheckpointsCommand, CheckpointEvent> = {
  name: 'checkpoints',
  version: 1,
  decider,
};
