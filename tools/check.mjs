// npm run check: types and format side by side, then lint and generated documents.
import { checkMachine, fail, node } from './machine.mjs';
import { install, step } from './steps.mjs';

const typescript = 'node_modules/typescript/bin/tsc';

const prettier = ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn'];
const eslint = ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0'];
/** What did not change since it passed is not looked at again; a fresh clone looks at everything. */
const cached = (name) => ['--cache', '--cache-strategy', 'content', '--cache-location', `.nx/check/${name}`];

const first = [
  { name: 'types', args: [typescript, '-b'], remedy: 'npm run build' },
  { name: 'format', args: [...prettier, ...cached('format'), '.'], remedy: 'npm run format' },
];

/** Need what the build wrote: the types of other packages, and the events. Lint takes most of the time, so both cores get a half. */
const second = [
  { name: 'lint of apps', args: [...eslint, ...cached('apps'), 'apps'], remedy: 'npm run lint' },
  {
    name: 'lint of libs, tools and benchmarks',
    args: [...eslint, ...cached('libs'), 'libs', 'tools', 'bench', 'vitest.config.ts'],
    remedy: 'npm run lint',
  },
  { name: 'generated documents', args: ['tools/generate-events-doc.mjs', '--check'], remedy: 'npm run docs' },
  {
    name: 'metrics in the documents',
    args: ['tools/generate-metrics-table.mjs', '--check'],
    remedy: 'npm run docs',
  },
];

/** What a check came to, in one line; what it printed where it failed. */
const report = ({ name, remedy }, { code, output, seconds }) => {
  console.log(`${code === 0 ? 'ok    ' : 'failed'}  ${name}  ${seconds.toFixed(1)} s`);
  if (code !== 0) console.log(`${output.trim()}\n(${remedy} shows it again)\n`);
  return code === 0;
};

const runCheck = async (check) => report(check, await step(check.name, node, check.args));

/** Runs every check; true where all of them passed. */
export const check = async () => {
  // Without Nx's graph of the projects lint would skip the rule on who may import whom.
  const graph = step('projects', node, ['node_modules/nx/dist/bin/nx.js', 'show', 'projects']);
  const results = await Promise.all(first.map(runCheck));
  await graph;
  results.push(...(await Promise.all(second.map(runCheck))));
  return results.every(Boolean);
};

if (process.argv[1]?.endsWith('check.mjs')) {
  checkMachine();
  await install();
  if (!(await check())) fail('The check failed.');
}
