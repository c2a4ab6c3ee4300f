// npm run check: lint, and beside it types, generated documents and format.
import { checkMachine, fail, node } from './machine.mjs';
import { install, step } from './steps.mjs';

const typescript = 'node_modules/typescript/bin/tsc';

const prettier = ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn'];
// Room for what lives for one file alone; most of it was copied again and again where there was less.
const eslint = ['--max-semi-space-size=64', 'node_modules/eslint/bin/eslint.js', '--max-warnings', '0'];
/** What did not change since it passed is not looked at again; a fresh clone looks at everything. */
const cached = (name) => ['--cache', '--cache-strategy', 'content', '--cache-location', `.nx/check/${name}`];

/** Takes as long as everything else together, so it has a core of its own. It reads sources alone. */
const lint = {
  name: 'lint',
  args: [...eslint, ...cached('lint'), 'libs', 'apps', 'tools', 'bench', 'vitest.config.ts'],
  remedy: 'npm run lint',
};

/** One after the other: the documents are made of what the build wrote. */
const others = [
  { name: 'types', args: [typescript, '-b'], remedy: 'npm run build' },
  { name: 'generated documents', args: ['tools/generate-events-doc.mjs', '--check'], remedy: 'npm run docs' },
  {
    name: 'metrics in the documents',
    args: ['tools/generate-metrics-table.mjs', '--check'],
    remedy: 'npm run docs',
  },
  { name: 'format', args: [...prettier, ...cached('format'), '.'], remedy: 'npm run format' },
];

/** What a check came to, in one line; what it printed where it failed. */
const report = ({ name, remedy }, { code, output, seconds }) => {
  console.log(`${code === 0 ? 'ok    ' : 'failed'}  ${name}  ${seconds.toFixed(1)} s`);
  if (code !== 0) console.log(`${output.trim()}\n(${remedy} shows it again)\n`);
  return code === 0;
};

const runCheck = async (check) => report(check, await step(check.name, node, check.args));

const runLint = async () => {
  // Without Nx's graph of the projects lint would skip the rule on who may import whom.
  await step('projects', node, ['node_modules/nx/dist/bin/nx.js', 'show', 'projects']);
  return runCheck(lint);
};

const runOthers = async () => {
  const results = [];
  for (const one of others) results.push(await runCheck(one));
  return results.every(Boolean);
};

/** Runs every check; true where all of them passed. */
export const check = async () => (await Promise.all([runLint(), runOthers()])).every(Boolean);

if (process.argv[1]?.endsWith('check.mjs')) {
  checkMachine();
  await install();
  if (!(await check())) fail('The check failed.');
}
