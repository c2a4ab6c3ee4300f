import { preAuthenticated, signerOf } from '@syncline/log-proofs';
import { story } from '@syncline/testkit';
import { describe, expect, it } from 'vitest';

import { sumsOf } from './archive.js';
import { cdEvents } from './cd-events.js';
import { factsOf, shortcomings, type Facts } from './facts.js';
import { escaped, reportOf } from './report.js';
import { sealed, statementOf } from './statement.js';
import { loggedStory } from '../testing/logged-story.js';

const { revisionA, revisionB, wholeStory } = story;
const events = loggedStory(wholeStory);
const name = { project: 'default', application: 'checkout' };
const factsAt = (revision: string, from = events): Facts => factsOf(name, revision, from)!;
const frame = {
  ...{ origin: 'syncline/x', size: 9, root: 'ab', key: 'k', at: '2026-05-04T15:00:00Z' },
  nameOf: (actor: string) => (actor.startsWith('person:') ? 'Ada <b>' : undefined),
};

describe('the facts of a revision', () => {
  it('are its commit and what became of each plan', () => {
    const facts = factsAt(revisionB);
    expect(facts.commit).toMatchObject({ revision: revisionB, repository: 'fleet' });
    expect(facts.plans).toMatchObject([
      { cluster: 'prod-eu', plan: story.planB, isApproved: true, isApplied: true, isHealthy: true },
    ]);
    const said = facts.plans[0]?.approvals.map(
      ({ type, text }) => `${type} ${text.replace(/[0-9a-f]{24}/, 'ID')}`,
    );
    expect(said).toEqual(['PlanApproved person:ID: seen']);
    expect(facts.plans[0]?.health.map(({ text }) => text)).toEqual([
      'Unknown → InProgress',
      'Unknown → Current',
    ]);
    expect(shortcomings(facts)).toEqual([]);
    expect(factsOf(name, 'c'.repeat(40), events)).toBeUndefined();
  });

  it('name what the record does not show', () => {
    const without = (type: string) =>
      shortcomings(
        factsAt(
          revisionA,
          events.filter((one) => one.type !== type),
        ),
      );
    expect(without('PlanApproved')).toEqual([expect.stringContaining('no approval')]);
    expect(without('ApplySucceeded')).toEqual([expect.stringContaining('was not applied to its end')]);
    expect(without('HealthTransitioned')).toEqual([expect.stringContaining('not Current')]);
    expect(without('PlanDrafted')).toEqual(['it was planned for no cluster']);
  });
});

describe('the report', () => {
  it('shows commit, plan, approval, apply and health, and how to check them', () => {
    const page = reportOf(factsAt(revisionB), frame);
    for (const part of [revisionB, story.planB, 'PlanApproved', 'ApplySucceeded', 'Current', 'syncline/x'])
      expect(page).toContain(part);
    expect(page).toContain('Ada &lt;b&gt;');
  });

  it('takes nothing that comes from outside for markup', () => {
    const facts = factsAt(revisionA);
    const message = `<script>alert("1")</script>\u202e\u0007 it's`;
    const page = reportOf({ ...facts, commit: { ...facts.commit, message } }, frame);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u202e');
    expect(escaped(`<a href='x'>&`)).toBe('&lt;a href=&#39;x&#39;&gt;&amp;');
  });
});

describe('what is signed', () => {
  it('says PASSED where nothing lacks, and FAILED else', () => {
    const of = (facts: Facts) => statementOf(facts, 'syncline/x', frame.at);
    expect(of(factsAt(revisionA))).toMatchObject({
      subject: [{ name: 'default/checkout@prod-eu' }],
      predicate: { verificationResult: 'PASSED' },
    });
    const failing = events.filter(({ type }) => type !== 'ApplySucceeded');
    expect(of(factsAt(revisionA, failing)).predicate.verificationResult).toBe('FAILED');
  });

  it('counts bytes, not characters', () => {
    expect(preAuthenticated('a/b', 'é')).toBe('DSSEv1 3 a/b 2 é');
    const envelope = sealed({ a: 'é' }, signerOf('log', new Uint8Array(32).fill(1)));
    expect(JSON.parse(Buffer.from(envelope.payload, 'base64').toString())).toEqual({ a: 'é' });
  });
});

it('the change in the words of CDEvents is the commit and each deployment', () => {
  expect(cdEvents(factsAt(revisionA))).toMatchObject([
    { context: { type: 'dev.cdevents.change.merged.0.2.0' }, subject: { id: revisionA } },
    {
      context: { type: 'dev.cdevents.service.deployed.0.2.0' },
      subject: { content: { environment: { id: 'prod-eu' } } },
    },
  ]);
});

it('digests of files are in the order of their names', () => {
  const one = new TextEncoder().encode('x');
  expect(
    sumsOf({ b: one, a: one })
      .split('\n')
      .map((line) => line.slice(66)),
  ).toEqual(['a', 'b', '']);
});
