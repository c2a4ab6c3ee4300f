import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Benchmark, Figure } from './benchmark.ts';

// Runs the benchmark of one file and writes its figures to another, as JSON: `node bench/one.ts FILE FIGURES`.

/** On the disk of the checkout: what lies under /tmp may be in memory. */
const scratch = fileURLToPath(new URL('../.syncline/bench', import.meta.url));

const within = async <Result>(minutes: number, work: Promise<Result>): Promise<Result> => {
  const ended = new AbortController();
  const late = delay(minutes * 60_000, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`not done after ${minutes} minutes`);
  });
  return Promise.race([work, late]).finally(() => ended.abort());
};

const measure = async ({ name, atMostMinutes, run }: Benchmark): Promise<readonly Figure[]> => {
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

const [file = '', out = ''] = process.argv.slice(2);
const { benchmark } = (await import(file)) as { readonly benchmark: Benchmark };
try {
  await writeFile(out, JSON.stringify(await measure(benchmark)));
} catch (error) {
  console.error(
    `${benchmark.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exitCode = 1;
}
// What a benchmark that was given up on still holds open must not keep this process.
process.exit();
