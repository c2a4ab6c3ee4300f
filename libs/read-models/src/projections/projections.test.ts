import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '@syncline/events';
import type { LogEntry } from '@syncline/kernel';
import { story } from '@syncline/testkit';

import { foldInto, readsOf, sortEntries } from '../projecting/fold.js';
import { keyOf, RowSet } from '../projecting/row-set.js';
import type { AnyTable } from '../tables/table.js';
import {
  targetAppliedTable, targetHealthTable, targetPlannedTable, targetTable, type TargetRow,
} from '../tables/target.js'; // prettier-ignore
import { clusterStateTable } from '../tables/cluster.js';
import { projectedTables } from './all.js';

type Rows = Map<AnyTable, Map<string, object>>;

const empty = (): Rows => new Map(projectedTables.map((table) => [table, new Map<string, object>()]));

/** One batch over stored rows, as the projector does it: read what is named, fold, write what changed. */
const batch = (stored: Rows, entries: readonly LogEntry[]): Rows => {
  const { events } = sortEntries(entries);
  const rows = new RowSet(false);
  for (const { table, key } of readsOf(events))
    rows.know(table, key, stored.get(table)?.get(keyOf(table, key)));
  foldInto(rows, events);
  const next = new Map([...stored].map(([table, all]) => [table, new Map(all)]));
  for (const change of rows.changes()) {
    for (const row of change.rows) next.get(change.table)?.set(keyOf(change.table, row), row);
    for (const key of change.removed) next.get(change.table)?.delete(keyOf(change.table, key));
  }
  return next;
};

const whole = (entries: readonly LogEntry[]): Rows => batch(empty(), entries);

const rowsOf = <Row extends object>(
  rows: Rows,
  table: { readonly entity: { readonly options: unknown } } & AnyTable,
): Row[] => [...(rows.get(table)?.values() ?? [])] as Row[];

const targetAfter = (decisions: readonly story.Decision[]): TargetRow =>
  rowsOf<TargetRow>(whole(story.entriesOf(decisions)), targetTable)[0]!;

const goldens = (): readonly LogEntry[] => {
  const dir = fileURLToPath(new URL('../../../events/goldens', import.meta.url));
  return readdirSync(dir).map((file, at) => {
    const event = JSON.parse(readFileSync(`${dir}/${file}`, 'utf8')) as { subject: string };
    const bytes = new TextEncoder().encode(JSON.stringify([event]));
    const recordedAt = '2026-05-04T14:31:08.000Z';
    const message = { sequence: at + 1, subject: event.subject, recordedAt, recordedAtNs: 0n, bytes };
    return { message, events: decodeMessage(bytes, at + 1, recordedAt) };
  });
};

const drifts = [story.drifted(3), story.drifted(4, { flaps: 2 }), story.undrifted('cluster')];

const replays = story.replayedStory;

const anyHistory = fc
  .array(
    fc.constantFrom(
      ...story.wholeStory,
      story.unchanged(story.revisionB, 'c-2', 'r-2'),
      story.released,
      ...replays,
      ...drifts,
    ),
    { maxLength: 60 },
  )
  .map(story.entriesOf);

describe('the projections', () => {
  it('any split of a batch projects the same', () => {
    fc.assert(
      fc.property(
        anyHistory,
        fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 60 }),
        (entries, sizes) => {
          let rows = empty();
          let at = 0;
          for (const size of [...sizes, entries.length]) {
            rows = batch(rows, entries.slice(at, at + size));
            at += size;
          }
          expect(rows).toEqual(whole(entries));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('projecting again what only adds facts changes nothing', () => {
    const entries = story.entriesOf(story.wholeStory);
    const once = whole(entries);
    const twice = batch(once, entries.slice(-1));
    expect(twice).toEqual(once);
  });

  it('take every event type of every golden', () => {
    const entries = goldens();
    expect(sortEntries(entries).unreadable).toEqual([]);
    expect(rowsOf(whole(entries), projectedTables[0]!)).toHaveLength(entries.length);
  });

  it('spans of one target follow each other without a gap', () => {
    fc.assert(
      fc.property(anyHistory, (entries) => {
        const rows = whole(entries);
        for (const table of [targetPlannedTable, targetAppliedTable, targetHealthTable, clusterStateTable]) {
          const spans = rowsOf<{ during: { from: string; until: string | null } }>(rows, table).map(
            (row) => row.during,
          );
          expect(spans.filter(({ from, until }) => until !== null && until <= from)).toEqual([]);
          expect(spans.filter(({ until }) => until === null).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('a target that runs something of the record', () => {
  const sentence = /runs plan 1{12} \(aaaaaaa\) again in place of bbbbbbb; another commit/;

  it('is wanted at what Git wants, and held by the replay where its plan is carried out', () => {
    const planned = [...story.wholeStory, ...replays.slice(0, 1)];
    expect(targetAfter(planned)).toMatchObject({ sync: 'Planning', desiredRevision: story.revisionB });
    const after = targetAfter([...story.wholeStory, ...replays]);
    expect(after).toMatchObject({
      ...{ sync: 'Held', revision: story.revisionA, desiredRevision: story.revisionB },
      ...{
        message: expect.stringMatching(sentence) as string,
        replay: { plan: story.planA, by: 'person:p-1' },
      },
    });
  });

  it('is held as well where nothing had to be done, and is what Git wants with the next request', () => {
    const replayed = [...story.wholeStory, replays[0]!, story.unchanged(story.revisionA, 'c-9', 'r-2')];
    expect(targetAfter(replayed)).toMatchObject({ sync: 'Held', desiredRevision: story.revisionB });
    const next = [...replayed, story.requested(story.revisionB, 'c-2', 'r-2')];
    expect(targetAfter(next)).toMatchObject({
      sync: 'Planning',
      replay: null,
      desiredRevision: story.revisionB,
    });
  });

  it('drifts as any other, and is held again when that is gone', () => {
    const applied = story.wholeStory.slice(0, 10);
    const unchanged = story.unchanged(story.revisionA, 'c-9', 'r-2');
    const drifted = [...applied, story.replayed(story.revisionB), unchanged, story.drifted(3)];
    expect(targetAfter(drifted)).toMatchObject({ sync: 'Drifted' });
    expect(targetAfter([...drifted, story.undrifted('cluster')])).toMatchObject({ sync: 'Held' });
  });
});

describe('a target', () => {
  const applied = story.wholeStory.slice(0, 10);

  it('is Planning from the moment a plan is requested', () => {
    expect(targetAfter(story.wholeStory.slice(0, 7))).toMatchObject({
      sync: 'Planning', revision: null, desiredRevision: story.revisionA, health: 'Unknown',
    }); // prettier-ignore
  });

  it('is InSync at the revision when the wanted plan is applied, and Current when that is said of it', () => {
    expect(targetAfter(applied)).toMatchObject({
      sync: 'InSync',
      revision: story.revisionA,
      health: 'Unknown',
    });
    expect(targetAfter(story.wholeStory.slice(0, 11))).toMatchObject({
      health: 'Current',
      healthPlan: story.planA,
    });
  });

  it('stays Planning when an older apply ends after a newer request, and says what is applied', () => {
    const decisions = [
      ...story.wholeStory.slice(0, 9),
      story.requested(story.revisionB, 'c-2', 'r-2'),
      story.applySucceeded(story.revisionA, 'c-1', story.planA),
    ];
    expect(targetAfter(decisions)).toMatchObject({
      sync: 'Planning', revision: story.revisionA, desiredRevision: story.revisionB, appliedPlan: story.planA,
    }); // prettier-ignore
  });

  it('awaits approval with the reasons why a person is needed', () => {
    expect(targetAfter(story.wholeStory.slice(0, 17))).toMatchObject({
      sync: 'AwaitingApproval', plan: story.planB, message: 'the plan removes 1 object',
    }); // prettier-ignore
  });

  it('keeps the plan that is applied when the next revision changes nothing', () => {
    const decisions = [
      ...story.wholeStory.slice(0, 11),
      story.requested(story.revisionB, 'c-2', 'r-2'),
      story.unchanged(story.revisionB, 'c-2', 'r-2'),
    ];
    expect(targetAfter(decisions)).toMatchObject({
      sync: 'InSync',
      revision: story.revisionB,
      plan: story.planA,
    });
  });

  it('leaves the fleet when it is released, and its spans end', () => {
    const rows = whole(story.entriesOf([...applied, story.released]));
    expect(rowsOf(rows, targetTable)).toEqual([]);
    expect(
      rowsOf<{ during: { until: string | null } }>(rows, targetPlannedTable).every(
        (row) => row.during.until !== null,
      ),
    ).toBe(true);
  });
});
