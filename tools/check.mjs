// npm run check: types, then format, lint and generated documents side by side.
import { checkMachine, fail, node } from './machine.mjs';
import { install, step } from './steps.mjs';

const typescript = 'node_modules/typescript/bin/tsc';

const checks = [
  {
    name: 'format',
    args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
    remedy: 'npm run format',
  },
  {
    name: 'lint',
    args: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'],
    remedy: 'npm run lint',
  },
  { name: 'generated documents', args: ['tools/generate-events-doc.mjs', '--check'], remedy: 'npm run docs' },
];

/** What a check came to, in one line; what it printed where it failed. */
const report = ({ name, remedy }, { code, output, seconds }) => {
  console.log(`${code === 0 ? 'ok    ' : 'failed'}  ${name}  ${seconds.toFixed(1)} s`);
  if (code !== 0) console.log(`${output.trim()}\n(${remedy} shows it again)\n`);
  return code === 0;
};

const runCheck = async (check) => report(check, await step(check.name, node, check.args));

/** Runs every check; true where all of them passed. Format and documents need one core, lint the other. */
export const check = async () => {
  const types = await runCheck({ name: 'types', args: [typescript, '-b'], remedy: 'npm run build' });
  // Without Nx's graph of the projects lint would skip the rule on who may import whom.
  await step('projects', node, ['node_modules/nx/dist/bin/nx.js', 'show', 'projects']);
  // Lint reads the types of other packages from what the build wrote.
  const rest = await Promise.all(checks.map(runCheck));
  return types && rest.every(Boolean);
};

if (process.argv[1]?.endsWith('check.mjs')) {
  checkMachine();
  await install();
  if (!(await check())) fail('The check failed.');
}
