import type { Operation } from '@syncline/events';
import { digestOf } from '@syncline/kernel';

import { shortcomings, type Facts, type PlanFacts, type Said } from './facts.js';

/** What the report says besides the facts. */
export type ReportFrame = {
  /** The log's name, and the tree that the newest checkpoint signs. */
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly key: string;
  readonly at: string;
  /** Names of people by their ids, as far as they may be shown. */
  readonly nameOf: (actor: string) => string | undefined;
};

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Text for HTML; nothing of it is markup, and nothing in it turns or hides what follows. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/[&<>"']/g, (one) => escapes[one] ?? '')
    .replaceAll(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd');

/** The digest that a plan names where no policies were set. */
const noPolicies = digestOf([]);

/** What policies said of a plan: nothing makes results yet, and a plan names by digest which there were. */
const policyText = (one: PlanFacts): string => {
  const digest = one.document?.policies;
  if (digest === undefined) return 'The plan is not there any more, and with it which policies were set.';
  if (digest === noPolicies) return 'None were set.';
  return `Those of digest ${digest} were set. What each of them said is not recorded.`;
};

const cell = (text: string): string => `<td>${escaped(text)}</td>`;
/** A table whose cells are text; a sentence where it has no rows. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? '<p>None is recorded.</p>'
    : `<table><thead><tr>${head.map((one) => `<th>${escaped(one)}</th>`).join('')}</tr></thead><tbody>${rows
        .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
        .join('\n')}</tbody></table>`;

const valueText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

const objectText = ({ kind, namespace, name }: Operation['object']): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

const operationRows = (operation: Operation): readonly (readonly string[])[] => {
  const { action, object, changes, changesOmitted = 0 } = operation;
  if (action === 'unchanged') return [];
  const name = objectText(object);
  const rows = changes.map(({ path, from, to }, at) => [
    at === 0 ? action : '',
    at === 0 ? name : '',
    path,
    valueText(from),
    valueText(to),
  ]);
  const omitted = changesOmitted > 0 ? [['', '', `and ${changesOmitted} more fields`, '', '']] : [];
  return rows.length === 0 ? [[action, name, '', '', '']] : [...rows, ...omitted];
};

const saidTable = (said: readonly Said[], nameOf: ReportFrame['nameOf']): string =>
  table(
    ['when', 'what', 'by', 'how', 'position'],
    said.map((one) => [one.at, one.type, nameOf(one.actor) ?? one.actor, one.text, one.position]),
  );

const planSection = (one: PlanFacts, { nameOf }: ReportFrame): string => {
  const operations = one.document?.operations ?? [];
  const left = operations.filter(({ action }) => action === 'unchanged').length;
  return `<section><h2>${escaped(one.cluster)}</h2>
<p>Plan <code>${escaped(one.plan)}</code>, made ${escaped(one.draftedAt)} from manifests <code>${escaped(one.manifests)}</code>.</p>
<h3>What it was to do</h3>
${one.document ? table(['action', 'object', 'field', 'from', 'to'], operations.flatMap(operationRows)) : '<p>The plan is not there any more.</p>'}
<p>${left} objects were left as they were. Values of Secrets are never recorded.</p>
<h3>What policies said</h3>
<p>${escaped(policyText(one))}</p>
<h3>Who allowed it</h3>
${saidTable(one.approvals, nameOf)}
<h3>What was done</h3>
${saidTable(one.applies, nameOf)}
<h3>Health as applied</h3>
${saidTable(one.health, nameOf)}
</section>`;
};

const commitSection = ({ commit }: Facts, { nameOf }: ReportFrame): string => {
  const who = (id: string): string => nameOf(id) ?? id;
  const signed = commit.signature
    ? `${commit.signature.format} by ${commit.signature.key}, borne by the ${commit.signature.bears}`
    : 'the repository requires none';
  return table(
    ['what', 'value'],
    [
      ['repository', commit.repository],
      ['revision', commit.revision],
      ['message', commit.message.trim()],
      ['author', who(commit.author)],
      ['committer', `${who(commit.committer)}, ${commit.committedAt}`],
      ['signature', signed],
    ],
  );
};

/** What one deployment was: its commit, and each of its plans. */
export const deploymentBody = (
  facts: Facts,
  frame: ReportFrame,
): string => `${facts.unchanged.length === 0 ? '' : `<p>It was found to change nothing on ${escaped(facts.unchanged.join(', '))}.</p>`}
<h2>The commit</h2>
${commitSection(facts, frame)}
${facts.plans.map((one) => planSection(one, frame)).join('\n')}`;

const style = `body{font:11pt/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}
h1{font-size:1.5rem}h2{border-top:1px solid #999;padding-top:.7rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere;white-space:pre-wrap}
code{overflow-wrap:anywhere}.passed{color:#060}.failed{color:#900}
@media print{body{margin:0;max-width:none;font-size:9pt}section{break-inside:auto}tr,h2,h3{break-inside:avoid}h2,h3{break-after:avoid}}`;

/** A page that needs nothing else, and prints. `title` and `body` are HTML. */
export const pageOf = (
  title: string,
  body: string,
  events: number,
  frame: ReportFrame,
): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Evidence: ${title}</title><style>${style}</style></head>
<body><h1>Evidence: ${title}</h1>
${body}
<h2>How to check this</h2>
<p>All of it is folded from ${events} events of the log <code>${escaped(frame.origin)}</code>, whose tree of ${frame.size} messages had
the root <code>${escaped(frame.root)}</code> on ${escaped(frame.at)}. README.txt beside this page says how to check the archive without the server.</p>
<p>Key of the log: <code>${escaped(frame.key)}</code></p>
</body></html>
`;

/** The facts of one revision as a page. */
export const reportOf = (facts: Facts, frame: ReportFrame): string => {
  const lacks = shortcomings(facts);
  const verdict =
    lacks.length === 0
      ? '<p class="passed"><strong>On every cluster the change was approved, applied to its end, and Current as applied.</strong></p>'
      : `<p class="failed"><strong>The record does not show that the change was approved, applied and Current everywhere:</strong></p><ul>${lacks.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`;
  const title = `${facts.project}/${facts.application} at ${facts.commit.revision.slice(0, 7)}`;
  const body = `${verdict}\n${deploymentBody(facts, frame)}`;
  return pageOf(escaped(title), body, facts.events.length, frame);
};
