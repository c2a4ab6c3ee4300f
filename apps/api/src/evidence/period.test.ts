import { story } from '@syncline/testkit';
import { describe, expect, it } from 'vitest';

import { loggedStory } from '../testing/logged-story.js';
import { deploymentsOf, type PeriodFacts } from './period.js';
import { periodReport } from './period-report.js';
import { periodStatement } from './statement.js';

const { revisionA, revisionB, wholeStory } = story;
const name = { project: 'default', application: 'checkout' };
const events = loggedStory(wholeStory);
const frame = {
  ...{ origin: 'syncline/x', size: 9, root: 'ab', key: 'k', at: '2026-05-04T15:00:00Z' },
  nameOf: (actor: string) => (actor.startsWith('person:') ? 'Ada <b>' : undefined),
};
const periodOf = (changes: readonly string[], from = events): PeriodFacts => ({
  ...name,
  ...{ from: '2026-05-04T14:00:00Z', to: '2026-05-04T15:00:00Z', events: from },
  deployments: deploymentsOf(name, changes, from),
});

describe('the deployments of a period', () => {
  it('are those of its changes, in their order, each with what became of it', () => {
    const { deployments } = periodOf(['c-1', 'c-2']);
    expect(deployments.map(({ change, kind, facts, lacks }) => [change, kind, facts.commit.revision, lacks])).toEqual([
      ['c-1', 'rollout', revisionA, []],
      ['c-2', 'rollout', revisionB, []],
    ]); // prettier-ignore
    expect(periodOf(['c-2']).deployments).toHaveLength(1);
  });

  it('name the commit of what ran again, whenever that was first seen', () => {
    const told = loggedStory([...wholeStory, ...story.replayedStory]);
    const [again] = periodOf(['c-9'], told).deployments;
    expect(again).toMatchObject({ kind: 'replay', facts: { commit: { revision: revisionA } } });
  });

  it('lack nothing where another took their place before they were carried out', () => {
    const superseded = [
      ...story.wholeStory.slice(0, 17),
      {
        subject: 'ev.plan.prod-eu.default.checkout',
        correlationId: 'c-2',
        events: [
          {
            type: 'PlanSuperseded',
            data: { rollout: 'r-2', revision: revisionB, plan: story.planB, by: revisionA },
          },
        ],
      },
    ];
    const period = periodOf(['c-1', 'c-2'], loggedStory(superseded));
    expect(period.deployments.map(({ isSuperseded, lacks }) => [isSuperseded, lacks])).toEqual([
      [false, []],
      [true, []],
    ]);
    expect(periodReport(period, frame)).toContain('another took its place');
    const open = periodOf(['c-1', 'c-2'], loggedStory(story.wholeStory.slice(0, 17)));
    expect(open.deployments[1]?.lacks).toContainEqual(expect.stringContaining('no approval'));
  });
});

describe('the report of a period', () => {
  it('lists every deployment with who allowed it, and shows each', () => {
    const page = periodReport(periodOf(['c-1', 'c-2']), frame);
    expect(page).toContain('2 deployments: each was approved, applied to its end and Current as applied');
    expect(page).toContain('Ada &lt;b&gt;');
    for (const part of [revisionA, revisionB, story.planA, story.planB, 'What policies said'])
      expect(page).toContain(part);
  });

  it('says of how many the record does not show what it should', () => {
    const failing = events.filter(
      ({ type, correlationid }) => type !== 'ApplySucceeded' || correlationid !== 'c-2',
    );
    const period = periodOf(['c-1', 'c-2'], failing);
    expect(periodReport(period, frame)).toContain('2 deployments: of 1 the record does not show');
    expect(periodStatement(period, 'syncline/x', frame.at).predicate.verificationResult).toBe('FAILED');
    const good = periodStatement(periodOf(['c-1', 'c-2']), 'syncline/x', frame.at);
    expect(good).toMatchObject({ predicate: { verificationResult: 'PASSED' } });
    expect(good.subject).toHaveLength(2);
  });
});
