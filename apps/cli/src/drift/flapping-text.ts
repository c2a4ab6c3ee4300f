import type { IgnoreRule } from '@syncline/events';

import { dateTime } from '../shell/durations.js';
import { count, objectText } from '../story/words.js';
import type { Flapping } from './drift-table.js';

/** A value as it may stand in a YAML flow: in quotes where it could be read as anything but this text. */
const flowText = (value: string): string =>
  /^(?:\/|[a-z])[\w./-]*$/i.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);

const ruleText = ({ fields, ...names }: IgnoreRule): string => {
  const named = Object.entries(names).map(([name, value]) => `${name}: ${flowText(value ?? '')}`);
  return `{ ${[...named, `fields: [${fields.map(flowText).join(', ')}]`].join(', ')} }`;
};

/** Rules of the same object in one. */
const joined = (rules: readonly IgnoreRule[]): readonly IgnoreRule[] => {
  const byObject = new Map<string, IgnoreRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.group, rule.kind, rule.namespace, rule.name]);
    const fields = [...new Set([...(byObject.get(key)?.fields ?? []), ...rule.fields])];
    byObject.set(key, { ...rule, fields });
  }
  return [...byObject.values()];
};

const enders: Readonly<Record<string, string>> = {
  heal: 'healed by a plan',
  apply: 'ended by the next apply',
  cluster: 'undone in the cluster',
};

const lineOf = ({ object, path, cluster, times, since, managers, endedBy }: Flapping, now: Date): string => {
  const by = managers.length === 0 ? '' : `, by ${managers.join(', ')}`;
  const ends = endedBy.flatMap((one) => enders[one] ?? []);
  const ended = ends.length === 0 ? '' : `, ${ends.join(' or ')}`;
  const what = path === undefined ? objectText(object) : `${objectText(object)} ${path}`;
  return `  ${what} on ${cluster}: ${count(times, 'time')} since ${dateTime(since, now)}${by}${ended}`;
};

/** What comes and goes again and again, and the rule for the application's manifest that leaves it to whoever writes it. */
export const flappingText = (all: readonly Flapping[], now: Date): readonly string[] => {
  if (all.length === 0) return [];
  const names = [...new Set(all.map(({ project, application }) => `${project}/${application}`))];
  const rulesOf = (name: string) =>
    joined(
      all.filter((one) => `${one.project}/${one.application}` === name).flatMap(({ rule }) => rule ?? []),
    );
  const proposals = names.flatMap((name) => {
    const rules = rulesOf(name);
    if (rules.length === 0) return [];
    const lines = rules.map((rule) => `      - ${ruleText(rule)}`);
    return [
      '',
      `If whoever writes it means it, leave it to them, in the manifest of ${name}:`,
      '',
      'spec:',
      '  sync:',
      '    ignore:',
      ...lines,
    ];
  });
  return ['', 'Drifting again and again:', ...all.map((one) => lineOf(one, now)), ...proposals];
};
