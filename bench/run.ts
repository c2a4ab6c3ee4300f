import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { isKept, type Benchmark, type Figure } from './benchmark.ts';
import { describeMachine } from './machine.ts';
import { jsonOf, tableOf } from './report.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
/** On the disk of the checkout: what lies under /tmp may be in memory. */
const scratch = join(here, '..', '.syncline', 'bench');

const options = {
  json: { type: 'string' },
  only: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

const readArguments = () => {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)} See: npm run bench -- --help`);
    return process.exit(2);
  }
};

const find = async (): Promise<readonly Benchmark[]> => {
  const files = (await readdir(here, { recursive: true }))
    .filter((file) => file.endsWith('.bench.ts'))
    .sort();
  const modules = files.map((file) => import(join(here, file)) as Promise<{ readonly benchmark: Benchmark }>);
  return (await Promise.all(modules)).map(({ benchmark }) => benchmark);
};

const helpOn = (benchmarks: readonly Benchmark[]): string =>
  [
    'Measures what Syncline costs beside what the bare work costs on this machine, and says which targets are kept.',
    '',
    '  npm run bench                                 everything, one after the other',
    '  npm run bench -- --only append --only replay  some',
    '  npm run bench -- --json figures.json          writes [{name, value, unit, floor, target, ok}] too',
    '',
    ...benchmarks.map(({ name, about }) => `  ${name.padEnd(14)}${about}`),
    '',
    'Ends with 1 where a target is missed. What the figures mean: docs/benchmarks.md.',
  ].join('\n');

const pick = (
  benchmarks: readonly Benchmark[],
  names: readonly string[] | undefined,
): readonly Benchmark[] => {
  const known = new Set(benchmarks.map(({ name }) => name));
  const unknown = names?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    console.error(`There is no benchmark ${unknown}; there are ${[...known].join(', ')}.`);
    process.exit(2);
  }
  return names ? benchmarks.filter(({ name }) => names.includes(name)) : benchmarks;
};

const within = async <Result>(minutes: number, work: Promise<Result>): Promise<Result> => {
  const ended = new AbortController();
  const late = delay(minutes * 60_000, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`not done after ${minutes} minutes`);
  });
  return Promise.race([work, late]).finally(() => ended.abort());
};

const runOne = async ({ name, atMostMinutes, run }: Benchmark): Promise<readonly Figure[]> => {
  await mkdir(scratch, { recursive: true });
  const dir = await mkdtemp(join(scratch, `${name}-`));
  try {
    return await within(
      atMostMinutes,
      run({ dir, say: (sentence) => console.error(`${name}: ${sentence}`) }),
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const main = async (): Promise<boolean> => {
  const wanted = readArguments();
  const benchmarks = await find();
  if (wanted.help === true) {
    console.log(helpOn(benchmarks));
    return true;
  }
  console.log(`On ${describeMachine()}`);
  const figures: Figure[] = [];
  const failed: string[] = [];
  for (const benchmark of pick(benchmarks, wanted.only)) {
    try {
      figures.push(...(await runOne(benchmark)));
    } catch (error) {
      failed.push(benchmark.name);
      console.error(
        `${benchmark.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  console.log(tableOf(figures));
  if (wanted.json !== undefined) await writeFile(wanted.json, jsonOf(figures));
  const missed = figures.filter((figure) => !isKept(figure)).map(({ name }) => name);
  if (missed.length > 0) console.log(`Missed: ${missed.join(', ')}`);
  if (failed.length > 0) console.log(`Not measured: ${failed.join(', ')}`);
  return missed.length + failed.length === 0;
};

// What a benchmark that was given up on still holds open must not keep this process.
process.exit((await main()) ? 0 : 1);
