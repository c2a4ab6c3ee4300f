import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
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

const compileWaiting = async (rest: string): Promise<void> => {
  await compile(
    'apps/cli/dist/main.js',
    `import { once } from "node:events"; console.log("waits"); await once(process.stdin, "data"); await import("./${rest}.js"); process.exit();`,
  );
  await compile(`apps/cli/dist/${rest}.js`, `console.log("the rest is ${rest}");`);
};

/**
 * A checkout in miniature: programs that print where they lie, and what a package says that must run first; the command
 * line loads the rest of itself once it is told to.
 */
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
  await compileWaiting('later');
  await write('libs/kernel/dist/.tsbuildinfo', '{}');
});

afterAll(() => remove());

const run = async (program: string): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  return JSON.parse(stdout) as unknown;
};

/** As if a build had ended so long from now. */
const compiledAfter = async (ms: number): Promise<void> => {
  const at = new Date(Date.now() + ms);
  await utimes(join(root, 'libs/kernel/dist/.tsbuildinfo'), at, at);
};

describe('joined programs', () => {
  it('run the compiled files where nothing was joined', async () => {
    expect(await programOf(root, 'api')).toBe(join(root, 'apps/api/dist/main.js'));
  });

  it('do what their compiled files do, in the same order, and need none of them', async () => {
    const compiled = await run(await programOf(root, 'planner'));
    await joinPrograms(root);
    const joined = await programOf(root, 'planner');
    expect(joined).toBe(join(root, 'dist/joined/a/planner/main.js'));
    await rename(join(root, 'node_modules'), join(root, 'packages'));
    expect(await run(joined)).toEqual(compiled);
    await rename(join(root, 'packages'), join(root, 'node_modules'));
  });

  it('are left once something was compiled after they were joined', async () => {
    await compiledAfter(1_000);
    expect(await programOf(root, 'applier')).toBe(join(root, 'apps/applier/dist/main.js'));
    await compiledAfter(-1_000);
  });

  it('that run find the rest of their files while those of the next build are joined', async () => {
    const running = spawn(process.execPath, [await programOf(root, 'cli')]);
    await once(running.stdout, 'data');
    await compileWaiting('another');
    await compiledAfter(-1);
    await joinPrograms(root);
    running.stdin.write('go on');
    const [said] = (await Promise.race([once(running.stdout, 'data'), once(running.stderr, 'data')])) as [
      Buffer,
    ];
    expect(said.toString()).toBe('the rest is later\n');
    expect(await programOf(root, 'cli')).toBe(join(root, 'dist/joined/b/cli/main.js'));
  });

  it('are joined in the place of the build before the last one, and nothing of a killed joining stays', async () => {
    await write('dist/joined/unfinished/api/main.js', '');
    const dead = spawn(process.execPath, ['--version']);
    await once(dead, 'exit');
    await symlink(JSON.stringify({ pid: dead.pid, started: '1' }), join(root, 'dist/joined/.joining'));
    await compiledAfter(-1);
    await joinPrograms(root);
    expect(await programOf(root, 'api')).toBe(join(root, 'dist/joined/a/api/main.js'));
    expect((await readdir(join(root, 'dist/joined'))).sort()).toEqual(['a', 'b']);
  });

  it('are joined once where several starts would do it', async () => {
    await compiledAfter(-1);
    await Promise.all([joinPrograms(root), joinPrograms(root), joinPrograms(root)]);
    const joined = await programOf(root, 'api');
    expect(joined).toBe(join(root, 'dist/joined/b/api/main.js'));
    await joinPrograms(root);
    expect(await programOf(root, 'api')).toBe(joined);
  });
});
