import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { isKept, type Benchmark, type Figure } from './benchmark.ts';
import { describeMachine } from './machine.ts';
import { jsonOf, tableOf } from './report.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

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

type Found = { readonly file: string; readonly benchmark: Benchmark };

const find = async (): Promise<readonly Found[]> => {
  const files = (await readdir(here, { recursive: true }))
    .filter((file) => file.endsWith('.bench.ts'))
    .sort();
  return Promise.all(
    files.map(async (name) => {
      const file = join(here, name);
      const { benchmark } = (await import(file)) as { readonly benchmark: Benchmark };
      return { file, benchmark };
    }),
  );
};

const helpOn = (found: readonly Found[]): string =>
  [
    'Measures what Syncline costs beside what the bare work costs on this machine, and says which targets are kept.',
    '',
    '  npm run bench                                 everything, one after the other',
    '  npm run bench -- --only append --only replay  some',
    '  npm run bench -- --json figures.json          writes [{name, value, unit, floor, target, ok}] too',
    '',
    ...found.map(({ benchmark: { name, about } }) => `  ${name.padEnd(14)}${about}`),
    '',
    'Ends with 1 where a target is missed. What the figures mean: docs/benchmarks.md.',
  ].join('\n');

const pick = (found: readonly Found[], names: readonly string[] | undefined): readonly Found[] => {
  const known = new Set(found.map(({ benchmark }) => benchmark.name));
  const unknown = names?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    console.error(`There is no benchmark ${unknown}; there are ${[...known].join(', ')}.`);
    process.exit(2);
  }
  return names ? found.filter(({ benchmark }) => names.includes(benchmark.name)) : found;
};

/** In a process of its own: what one has left in memory, or taught the compiler, is no part of what the next one measures. */
const runOne = async ({ file, benchmark }: Found): Promise<readonly Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  const out = join(folder, 'figures.json');
  try {
    const child = spawn(process.execPath, [join(here, 'one.ts'), file, out], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as readonly unknown[];
    if (code !== 0) throw new Error(`${benchmark.name} was not measured`);
    return JSON.parse(await readFile(out, 'utf8')) as readonly Figure[];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const main = async (): Promise<boolean> => {
  const wanted = readArguments();
  const all = await find();
  if (wanted.help === true) {
    console.log(helpOn(all));
    return true;
  }
  console.log(`On ${describeMachine()}`);
  const figures: Figure[] = [];
  const failed: string[] = [];
  for (const found of pick(all, wanted.only)) {
    try {
      figures.push(...(await runOne(found)));
    } catch (error) {
      failed.push(found.benchmark.name);
      console.error((error as Error).message);
    }
  }
  console.log(tableOf(figures));
  if (wanted.json !== undefined) await writeFile(wanted.json, jsonOf(figures));
  const missed = figures.filter((figure) => !isKept(figure)).map(({ name }) => name);
  if (missed.length > 0) console.log(`Missed: ${missed.join(', ')}`);
  if (failed.length > 0) console.log(`Not measured: ${failed.join(', ')}`);
  return missed.length + failed.length === 0;
};

process.exit((await main()) ? 0 : 1);
