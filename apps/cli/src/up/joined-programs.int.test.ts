import { execFile } from 'node:child_process';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { temporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { joinPrograms, programOf } from './joined-programs.js';

let root: string;
let remove: () => Promise<void>;
const programs = ['api', 'git-watcher', 'planner', 'applier', 'cli'];

const write = async (path: string, text: string): Promise<void> => {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
};

const compile = async (path: string, text: string): Promise<void> => {
  await write(path, text);
  await write(
    `${path}.map`,
    JSON.stringify({ version: 3, sources: ['main.ts'], names: [], mappings: 'AAAA' }),
  );
};

/** A checkout in miniature: programs that print where they lie, and what a package says that must run first. */
beforeAll(async () => {
  ({ path: root, remove } = await temporaryFolder('joined'));
  await write('package.json', '{"type":"module"}');
  await write('node_modules/first/package.json', '{"name":"first","main":"index.cjs"}');
  await write('node_modules/first/index.cjs', 'globalThis.first = "first";');
  await write('node_modules/second/package.json', '{"name":"second","type":"module","main":"index.js"}');
  await write('node_modules/second/index.js', 'import "first"; export { said } from "./said.js";');
  await write(
    'node_modules/second/said.js',
    'class Named {}\nexport const said = [globalThis.first, Named.name];',
  );
  for (const name of programs) {
    await compile(
      `apps/${name}/dist/main.js`,
      'import { said } from "second"; export class Named {}\nconsole.log(JSON.stringify({ said, name: Named.name, at: import.meta.url }));',
    );
    await write(`apps/${name}/dist/.tsbuildinfo`, '{}');
  }
  await write('libs/kernel/dist/.tsbuildinfo', '{}');
});

afterAll(() => remove());

const run = async (program: string): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  return JSON.parse(stdout) as unknown;
};

describe('joined programs', () => {
  it('run the compiled files where nothing was joined', async () => {
    expect(await programOf(root, 'api')).toBe(join(root, 'apps/api/dist/main.js'));
  });

  it('do what their compiled files do, in the same order, and need none of them', async () => {
    const compiled = await run(await programOf(root, 'planner'));
    await joinPrograms(root);
    const joined = await programOf(root, 'planner');
    expect(joined).toBe(join(root, 'dist/joined/planner/main.js'));
    await rm(join(root, 'node_modules'), { recursive: true });
    expect(await run(joined)).toEqual(compiled);
  });

  it('are left once something was compiled after they were joined', async () => {
    const later = new Date(Date.now() + 1_000);
    await utimes(join(root, 'libs/kernel/dist/.tsbuildinfo'), later, later);
    expect(await programOf(root, 'applier')).toBe(join(root, 'apps/applier/dist/main.js'));
  });
});
