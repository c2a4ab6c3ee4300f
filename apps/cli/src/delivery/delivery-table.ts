import { z } from 'zod';

import { tableText } from '../shell/formats.js';

const figures = z.looseObject({
  begins: z.string(),
  name: z.string(),
  deployments: z.number(),
  deploymentsPerDay: z.number(),
  leadTimeSeconds: z.number().nullable(),
  changes: z.number(),
  failedChanges: z.number(),
  changeFailureRate: z.number(),
  timeToRestoreSeconds: z.number().nullable(),
  notRestored: z.number(),
});

/** The answer of `GET /v1/dora`. */
export const delivery = z.looseObject({
  since: z.string(),
  until: z.string(),
  items: z.array(figures),
});
export type Delivery = z.infer<typeof delivery>;

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** A duration in its largest unit, with one decimal where that says more: `42 s`, `1.5 h`, `12 d`. */
const lasting = (seconds: number | null): string => {
  if (seconds === null) return '';
  const [name, size] = units.find(([, unit]) => seconds >= unit) ?? ['s', 1];
  const many = seconds / size;
  return `${Number(many.toFixed(many < 10 && size > 1 ? 1 : 0))} ${name}`;
};

const rate = (perDay: number): string =>
  perDay >= 1 ? `${perDay.toFixed(1)} a day` : `${(perDay * 7).toFixed(1)} a week`;

const failures = ({ failedChanges, changes, changeFailureRate, notRestored }: Delivery['items'][number]) => {
  const open = notRestored > 0 ? `, ${notRestored} not restored` : '';
  return `${Math.round(changeFailureRate * 100)} % (${failedChanges} of ${changes}${open})`;
};

/** The figures as people read them, a row for each period and name. */
export const deliveryTable = ({ items }: Delivery): string => {
  const rows = items.map((one) => [
    one.begins.slice(0, 10),
    one.name,
    `${one.deployments} (${rate(one.deploymentsPerDay)})`,
    lasting(one.leadTimeSeconds),
    failures(one),
    lasting(one.timeToRestoreSeconds),
  ]);
  const head = ['FROM', 'NAME', 'DEPLOYMENTS', 'LEAD TIME', 'CHANGES FAILED', 'TIME TO RESTORE'];
  return tableText(head, rows);
};
