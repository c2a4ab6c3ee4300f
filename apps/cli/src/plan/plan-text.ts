import type { FieldChange, HeldFields, KubernetesOperation, PlanOrigin } from '@syncline/events';

import { paint, type Colour } from '../shell/formats.js';
import { count, objectText } from '../story/words.js';
import type { TargetPlan } from './plan-answer.js';

const signs: Readonly<Record<KubernetesOperation['action'], readonly [string, Colour]>> = {
  create: ['+', 'green'],
  configure: ['~', 'yellow'],
  unchanged: [' ', 'grey'],
  replace: ['±', 'red'],
  adopt: ['>', 'yellow'],
  takeover: ['>', 'yellow'],
  prune: ['-', 'red'],
};

const valueText = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

/** One field that changes: `~ /spec/replicas: 2 → 4`. */
export const changeText = ({ path, change, from, to }: FieldChange): string => {
  if (change === 'added') return to === undefined ? `+ ${path}` : `+ ${path}: ${valueText(to)}`;
  if (change === 'removed') return from === undefined ? `- ${path}` : `- ${path}: ${valueText(from)}`;
  return from === undefined && to === undefined
    ? `~ ${path}`
    : `~ ${path}: ${valueText(from ?? null)} → ${valueText(to ?? null)}`;
};

const noteOf = ({ certainty, refusal, protectedBecause }: KubernetesOperation): string => {
  if (refusal) return '  refused';
  if (protectedBecause !== undefined) return `  kept: ${protectedBecause}`;
  return certainty === 'confirmed' ? '' : `  ${certainty}`;
};

const holderText = ({ manager, operation, subresource }: HeldFields): string => {
  const how = [operation, subresource].filter((part) => part !== undefined).join(' of ');
  return how === '' ? manager : `${manager} (${how})`;
};

/** Whose fields an operation concerns, and what goes with a replacement. */
const ownershipLines = (operation: KubernetesOperation): readonly string[] => {
  const { adopts = [], takeovers = [], conceded = [], replacement } = operation;
  return [
    ...(replacement
      ? [
          `deleted and created anew: ${replacement.field ?? 'a field'} cannot be changed (allowed by ${replacement.allowedBy})`,
        ]
      : []),
    ...(replacement?.takesAlong === undefined ? [] : [`goes with it: ${replacement.takesAlong}`]),
    ...adopts.map(
      ({ manager, fieldCount, keeps }) =>
        `applied before by ${manager} (${count(fieldCount, 'field')}${keeps === true ? ', which it keeps' : ', which become ours'})`,
    ),
    ...takeovers.map(
      (one) =>
        `takes ${one.paths.join(', ')} from ${holderText(one)}${one.ours === true ? ', set by Syncline before' : ''}`,
    ),
    ...conceded.map((one) => `leaves ${one.paths.join(', ')} to ${holderText(one)}`),
  ].map((line) => `      ${line}`);
};

/** Whether an operation changes anything. */
export const changes = ({ action }: KubernetesOperation): boolean => action !== 'unchanged';

type View = { readonly fields: boolean; readonly colour: boolean };

/** What concerns what somebody else set, or deletes, is always shown field by field. */
const shownWhole: ReadonlySet<string> = new Set(['adopt', 'takeover', 'replace']);

const operationLines = (operation: KubernetesOperation, view: View): readonly string[] => {
  const { colour } = view;
  const fields = view.fields || shownWhole.has(operation.action);
  const [sign, tone] = signs[operation.action];
  const line = `  ${sign} ${operation.action.padEnd(9)} ${objectText(operation.object)}${noteOf(operation)}`;
  const omitted = operation.changesOmitted ?? 0;
  const shown = fields ? operation.changes.map((change) => `      ${changeText(change)}`) : [];
  const rest = fields && omitted > 0 ? [`      and ${count(omitted, 'field')} more`] : [];
  return [paint(line, tone, colour), ...ownershipLines(operation), ...shown, ...rest];
};

const headOf = ({ cluster, digest, state }: TargetPlan): string =>
  [cluster, digest?.slice(0, 12), state].filter((part) => part !== undefined).join('  ');

const originOf = ({ kind, plan, cluster, differences, omitted }: PlanOrigin): readonly string[] => {
  if (kind === 'undelete') return ['  brings objects back that were applied before'];
  const rest = omitted === undefined ? [] : [`    and ${count(omitted, 'difference')} more`];
  const same =
    differences.length + (omitted ?? 0) === 0 ? '; nothing differs from then' : '; what differs from then:';
  return [
    `  runs plan ${plan.slice(0, 12)} of ${cluster} again${same}`,
    ...differences.map(({ about, sentence }) => `    ${about.padEnd(7)}  ${sentence}`),
    ...rest,
  ];
};

/** A target's plan as people read it; with `fields`, what changes inside each object. */
export const planText = (one: TargetPlan, view: View): string => {
  const operations = one.plan?.operations ?? [];
  const changing = operations.filter((one) => changes(one) || (one.conceded ?? []).length > 0);
  const unchanged = operations.length - changing.length;
  const lines = [paint(headOf(one), 'bold', view.colour)];
  if (one.plan?.from) lines.push(...originOf(one.plan.from));
  if (one.message !== undefined && !one.plan) lines.push(`  ${one.message}`);
  else if (changing.length === 0) lines.push('  nothing to do');
  lines.push(...changing.flatMap((operation) => operationLines(operation, view)));
  if (unchanged > 0 && changing.length > 0) lines.push(`    ${count(unchanged, 'object')} unchanged`);
  lines.push(...one.needs.map((need) => `  needs a person: ${need}`));
  lines.push(...one.refused.map((why) => `  refused: ${why}`));
  if (one.state === 'AwaitingApproval' && one.digest !== undefined && one.refused.length === 0) {
    lines.push(`  syncline approve ${one.digest.slice(0, 12)}`);
  }
  return lines.join('\n');
};
