import type { Deployment, PeriodFacts } from './period.js';
import { deploymentBody, escaped, pageOf, table, type ReportFrame } from './report.js';

const firstLine = (message: string): string => message.trim().split('\n')[0] ?? '';

const resultOf = ({ isSuperseded, lacks }: Deployment): string =>
  isSuperseded
    ? 'another took its place'
    : lacks.length === 0
      ? 'approved, applied, Current'
      : lacks.join('; ');

const allowedBy = ({ facts }: Deployment, nameOf: ReportFrame['nameOf']): string => {
  const granted = facts.plans.flatMap(({ approvals }) =>
    approvals.filter(({ type }) => type === 'PlanApproved'),
  );
  return [...new Set(granted.map(({ actor, text }) => nameOf(actor) ?? (text || actor)))].join(', ');
};

const rowOf = (one: Deployment, frame: ReportFrame): readonly string[] => [
  one.at,
  one.facts.commit.revision.slice(0, 7),
  firstLine(one.facts.commit.message),
  one.kind,
  [...new Set(one.facts.plans.map(({ cluster }) => cluster))].join(', '),
  allowedBy(one, frame.nameOf),
  resultOf(one),
];

const verdictOf = ({ deployments }: PeriodFacts): string => {
  const lacking = deployments.filter(({ lacks }) => lacks.length > 0).length;
  const many = `${deployments.length} deployment${deployments.length === 1 ? '' : 's'}`;
  return lacking === 0
    ? `<p class="passed"><strong>${many}: each was approved, applied to its end and Current as applied, or another took its place before.</strong></p>`
    : `<p class="failed"><strong>${many}: of ${lacking} the record does not show that it was approved, applied and Current everywhere.</strong></p>`;
};

/** Every deployment of a period as one page: a table of all, then each by itself. */
export const periodReport = (facts: PeriodFacts, frame: ReportFrame): string => {
  const { project, application, from, to, deployments } = facts;
  const head = ['when', 'revision', 'message', 'why', 'clusters', 'allowed by', 'result'];
  const each = deployments.map(
    (one) =>
      `<h2>${escaped(`${one.at}: ${one.facts.commit.revision.slice(0, 7)}, ${one.kind}`)}</h2>\n<p>${escaped(resultOf(one))}.</p>\n${deploymentBody(one.facts, frame)}`,
  );
  const body = `${verdictOf(facts)}
<p>Asked for or carried out from ${escaped(from)} to ${escaped(to)}, both included.</p>
${table(
  head,
  deployments.map((one) => rowOf(one, frame)),
)}
${each.join('\n')}`;
  return pageOf(
    `${escaped(`${project}/${application}`)} from ${escaped(from)} to ${escaped(to)}`,
    body,
    facts.events.length,
    frame,
  );
};
