import { Inject } from '@nestjs/common';
import {
  Views,
  type ApplicationName,
  type LoggedEvent,
  type RevisionRow,
  type RolloutRow,
} from '@syncline/read-models';
import { parsePosition, type Person } from '@syncline/kernel';
import { z } from 'zod';

import { PeopleNames } from '../people/people-names.js';

const mostEvents = 5_000;
const mostReplays = 100;

const change = z.object({
  revision: z.string(),
  message: z.string().nullable(),
  author: z.object({ name: z.string(), email: z.string() }).nullable(),
  committedAt: z.string().nullable(),
  reason: z.string(),
  correlationId: z.string(),
  events: z.array(z.record(z.string(), z.unknown())),
});
/** Changes of an application, newest first, each with its events in the order of the log. */
export const historyPage = z.object({ items: z.array(change), next: z.string().optional() });

type Change = z.infer<typeof change>;

const hadHappened = (events: readonly LoggedEvent[], until: string): readonly LoggedEvent[] =>
  events.filter(({ time }) => Date.parse(time) <= Date.parse(until));

/** What begins a change of an application: a rollout, or a wish for something of the record. */
type Begun = Pick<RolloutRow, 'revision' | 'reason' | 'correlationId'> & {
  readonly sequence: number;
  readonly repository?: string;
};

const replayReasons: Readonly<Record<string, string>> = {
  ReplayRequested: 'replay',
  UndeleteRequested: 'undelete',
  ReplayEnded: 'replay-ended',
};

const newestFirst = (rollouts: readonly RolloutRow[], replays: readonly LoggedEvent[]): readonly Begun[] => {
  const asked = replays.map(({ data, position, correlationid, type }): Begun => {
    const { revision } = data as { readonly revision: string };
    const sequence = parsePosition(position)?.sequence ?? 0;
    return { revision, reason: replayReasons[type] ?? '', correlationId: correlationid, sequence };
  });
  const started = rollouts.map((one): Begun => ({ ...one, sequence: one.startedSequence }));
  return [...started, ...asked].sort((a, b) => b.sequence - a.sequence);
};

/** Tells each change of an application as one story: from the commit to what became of it on each cluster. */
export class ApplicationHistory {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  /** The changes whose rollout began before a sequence, as far as they had come at an instant (RFC 3339). */
  async page(
    name: ApplicationName,
    limit: number,
    { before, until }: { readonly before?: number | undefined; readonly until?: string | undefined } = {},
  ): Promise<z.infer<typeof historyPage>> {
    const found = await this.views.rollouts(name, limit + 1, { before, until });
    const rollouts = found.slice(0, limit);
    const after = found.length > limit ? (rollouts.at(-1)?.startedSequence ?? 0) : 0;
    const during = { after, ...(before !== undefined && { before }) };
    const wished = await this.views.replayRequests(name, during, mostReplays);
    const replays = until === undefined ? wished : hadHappened(wished, until);
    const begun = newestFirst(rollouts, replays);
    const ids = [...new Set(begun.map((one) => one.correlationId))];
    const [events, revisions] = await Promise.all([
      this.views.eventsOfChanges(name, ids, mostEvents),
      this.views.revisions([...new Set(begun.map((one) => one.revision))]),
    ]);
    const people = await this.names.peopleOf(revisions.map((one) => one.author));
    const last = rollouts.at(-1);
    return {
      items: this.#changes(
        begun,
        until === undefined ? events : hadHappened(events, until),
        revisions,
        people,
      ),
      ...(found.length > limit && last && { next: String(last.startedSequence) }),
    };
  }

  #changes(
    begun: readonly Begun[],
    events: readonly LoggedEvent[],
    revisions: readonly RevisionRow[],
    people: ReadonlyMap<string, Person>,
  ): Change[] {
    const byChange = Map.groupBy(events, (event) => event.correlationid);
    const seen = new Set<string>();
    return begun.flatMap(({ correlationId, repository, revision, reason }) => {
      if (seen.has(correlationId)) return [];
      seen.add(correlationId);
      const commit = revisions.findLast(
        (one) => one.revision === revision && (repository === undefined || one.repository === repository),
      );
      return [
        {
          ...{ revision, reason, correlationId },
          message: commit?.message ?? null,
          author: (commit && people.get(commit.author)) ?? null,
          committedAt: commit?.committedAt ?? null,
          events: (byChange.get(correlationId) ?? []).map((event) => ({ ...event })),
        },
      ];
    });
  }
}
