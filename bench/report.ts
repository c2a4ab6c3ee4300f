import Table from 'cli-table3';

import { isKept, type Figure } from './benchmark.ts';

const short = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 3, minimumSignificantDigits: 1 });

/** How many times the floor a figure is; for rates, how many times slower. */
const ratioOf = ({ value, floor, better }: Figure): number =>
  better === 'lower' ? value / floor : floor / value;

const usageOf = ({ usage }: Figure): string =>
  usage
    .map(
      ({ process, cpuSeconds, peakMemoryMb }) => `${process} ${cpuSeconds.toFixed(1)} s, ${peakMemoryMb} MB`,
    )
    .join('\n');

/** The figures as a table for people. */
export const tableOf = (figures: readonly Figure[]): string => {
  const table = new Table({
    head: ['name', 'value', 'unit', 'floor', 'ratio', 'target', 'ok', 'CPU, peak memory'],
    style: { head: [], border: [] },
  });
  for (const figure of figures) {
    const { name, value, unit, floor, target, better } = figure;
    const bound = target === undefined ? '' : `${better === 'lower' ? '≤' : '≥'} ${short(target)}`;
    const kept = isKept(figure) ? 'yes' : 'NO';
    const ok = target === undefined ? '' : kept;
    table.push([name, short(value), unit, short(floor), short(ratioOf(figure)), bound, ok, usageOf(figure)]);
  }
  return table.toString();
};

/** The figures as data for programs. */
export const jsonOf = (figures: readonly Figure[]): string =>
  `${JSON.stringify(
    figures.map((figure) => {
      const { name, value, unit, floor, target, usage } = figure;
      return { name, value, unit, floor, target: target ?? null, ok: isKept(figure), usage };
    }),
    null,
    2,
  )}\n`;
