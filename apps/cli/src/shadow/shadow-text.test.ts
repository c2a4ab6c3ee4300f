import { expect, it } from 'vitest';

import type { Difference } from './shadow-lines.js';
import { differenceLine, reportText } from './shadow-text.js';

const drafted = { type: 'PlanDrafted', data: {} };
const approved = { type: 'PlanApproved', data: {} };
const unrecorded: Difference = {
  kind: 'only-now',
  cause: { position: '38.0', subject: 'ev.plan.prod-eu.default.web', type: 'PlanRequested' },
  subject: 'ev.plan.prod-eu.default.web',
  recorded: [drafted, approved],
  now: [drafted],
  fields: ['/0/data/needs/0', '/1'],
};
const one: Difference = { ...unrecorded, kind: 'other', position: '41.0' };

it('a decision that differs is a sentence', () => {
  expect(differenceLine(one)).toBe(
    'Decision 41.0 on ev.plan.prod-eu.default.web, after PlanRequested at 38.0: PlanDrafted, PlanApproved was recorded, and today it is PlanDrafted; they differ at /0/data/needs/0, /1.',
  );
  expect(differenceLine({ ...one, kind: 'no-longer', now: [] })).toMatch(/and today nothing is decided\.$/);
  expect(differenceLine({ ...one, recorded: [drafted], fields: ['/0/data/plan'] })).toMatch(
    /today it is another PlanDrafted; they differ at \/0\/data\/plan\.$/,
  );
  expect(differenceLine({ ...unrecorded, recorded: [] })).toMatch(
    /^No decision on .*: nothing was recorded, and today it is PlanDrafted\.$/,
  );
  const { kind, subject, recorded, now, fields } = one;
  expect(differenceLine({ kind, subject, recorded, now, fields, position: '7.0' })).toContain(
    'ev.plan.prod-eu.default.web, as it was asked for: ',
  );
  expect(differenceLine({ ...one, kind: 'fails', now: [], reason: 'x is undefined' })).toMatch(
    /today the planner fails: x is undefined\.$/,
  );
});

it('what it came to says what was not compared', () => {
  const report = {
    ...{ messages: 120, decisions: 45, same: 43, different: 1, notReplayed: { 'a blob': 1 } },
    ...{ forPersons: 3, byTheClock: 2, openAtTheEnd: 1, key: 'k', isKeyGiven: false },
  };
  expect(reportText(report)).toBe(
    [
      '120 messages with 45 decisions of the planner: 43 are made so today, 1 differs.',
      '1 decision could not be made again: the file does not hold a blob.',
      'Persons asked for 3 of them, and 2 came after a wait. What files rendered to and clusters answered is believed as it was recorded.',
      '1 decision would follow after the end of the file.',
    ].join('\n'),
  );
});
