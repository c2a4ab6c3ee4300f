import type { FleetEvent } from '@syncline/events';
import { CommandRefused, type Aggregate, type Cause } from '@syncline/kernel';

/** The smallest aggregate that shows what the log does: a list of texts, written one decision at a time. */
export type NotesCommand = { readonly texts: readonly string[]; readonly limit?: number };

const noted = (text: string): FleetEvent => ({
  type: 'ClusterRelabelled',
  data: { cluster: 'notes', labels: { text } },
});

/** A note is a ClusterRelabelled with the text as its label; `limit` refuses more notes than that; `clear` takes all away. */
export const notes: Aggregate<readonly string[], NotesCommand, FleetEvent> = {
  name: 'notes',
  version: 1,
  decider: {
    initial: [],
    decide: (state, { texts, limit }) => {
      if (limit !== undefined && state.length + texts.length > limit)
        throw new CommandRefused('notes-full', `There are ${state.length} notes; ${limit} are allowed.`);
      return texts.map(noted);
    },
    evolve: (state, event) => {
      if (event.type !== 'ClusterRelabelled') return state;
      const { text = '' } = event.data.labels;
      return text === 'clear' ? [] : [...state, text];
    },
  },
};

/** The cause of a test's decision. */
export const because = (more: Partial<Cause> = {}): Cause => ({
  actor: 'person:test',
  correlationId: 'change-1',
  ...more,
});
