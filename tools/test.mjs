// npm test: what CI runs. Installs, builds, gets the pinned binaries, checks, runs every suite, and ends with one line:
// `N passed, N failed` over all of them. `--full` runs the long matrices whole.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { check } from './check.mjs';
import { checkMachine, environment, node, root } from './machine.mjs';
import { install, run } from './steps.mjs';

const suites = ['unit', 'integration', 'e2e'];
const full = process.argv.includes('--full');
const results = join(root, '.nx', 'test-results');

/** What a suite came to. One that crashed or ran nothing has failed, whatever its file says. */
const countSuite = (suite, code) => {
  const file = join(results, `${suite}.json`);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, why: 'it ended without a report' };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  ).length;
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, why: 'it ran no test' };
  if (code !== 0 && counts.failed === 0) return { ...counts, failed: 1, why: `it ended with code ${code}` };
  return counts;
};

const runSuite = async (suite) => {
  console.log(`\n== ${suite} tests`);
  const file = join(results, `${suite}.json`);
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite, ...reporters];
  const env = { ...environment, CI: environment.CI ?? '1', ...(full && { SYNCLINE_TEST_FULL: '1' }) };
  const { code, seconds } = await run(node, args, { env });
  const counts = countSuite(suite, code);
  if (counts.why) console.log(`The ${suite} suite has failed: ${counts.why}.`);
  console.log(`== ${suite}: ${sentence(counts)} in ${seconds.toFixed(0)} s`);
  return counts;
};

const sentence = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

const checkAsTest = async () => {
  console.log('\n== check');
  const passed = await check();
  return passed ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
};

const getBinaries = async () => {
  console.log('\n== pinned binaries');
  const { code } = await run(node, ['tools/resolve-binaries.mjs']);
  return code === 0 ? { passed: 0, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
};

checkMachine();
await install();
mkdirSync(results, { recursive: true });
const all = [await checkAsTest(), await getBinaries()];
for (const suite of suites) all.push(await runSuite(suite));
const total = all.reduce((sum, one) => ({
  passed: sum.passed + one.passed,
  failed: sum.failed + one.failed,
  skipped: sum.skipped + one.skipped,
}));
console.log(`\n${sentence(total)}`);
process.exit(total.failed === 0 ? 0 : 1);
