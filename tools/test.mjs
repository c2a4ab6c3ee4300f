// npm test: what CI runs. Installs, builds, gets the pinned binaries, checks, runs every suite, and ends with one line:
// `N passed, N failed` over all of them. `--full` runs the long matrices whole.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

import { check } from './check.mjs';
import { checkMachine, environment, node, root } from './machine.mjs';
import { install, run } from './steps.mjs';

/** One after the other; those that stand together run at once, for they wait more than they compute. */
const suites = [['unit'], ['integration'], ['e2e', 'e2e-own']];
const full = process.argv.includes('--full');
const results = join(root, '.nx', 'test-results');

/** The failures of a report, each by file and name with the first lines of its message. */
const failuresOf = ({ testResults }) =>
  testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed');
    const said = failed.map(({ fullName, failureMessages }) => [fullName, failureMessages.join('\n')]);
    // A file whose hook or import failed has a message of its own, and no failed test.
    if (said.length === 0 && status === 'failed') said.push(['(the file)', message]);
    return said.map(([what, why]) => ({
      what: `${relative(root, name)} > ${what}`,
      why: why.split('\n').slice(0, 12),
    }));
  });

/** What a suite came to. One that crashed or ran nothing has failed, whatever its file says. */
const countSuite = (suite, code) => {
  const file = join(results, `${suite}.json`);
  if (!existsSync(file))
    return { passed: 0, failed: 1, skipped: 0, why: `the ${suite} suite ended without a report` };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  ).length;
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: failuresOf(report),
  };
  if (counts.passed + counts.failed === 0)
    return { ...counts, failed: 1, why: `the ${suite} suite ran no test` };
  if (code !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, why: `the ${suite} suite ended with code ${code}` };
  return counts;
};

/** A suite that runs beside another one says nothing until it has ended. */
const runSuite = async (suite, isBeside) => {
  console.log(
    `\n== ${suite} tests${isBeside ? ', beside those above: what they print comes when they have ended' : ''}`,
  );
  const file = join(results, `${suite}.json`);
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite, ...reporters];
  const env = { ...environment, CI: environment.CI ?? '1', ...(full && { SYNCLINE_TEST_FULL: '1' }) };
  const { code, seconds, output } = await run(node, args, { env, quiet: isBeside });
  if (isBeside) console.log(`\n== ${suite} tests\n${output}`);
  const counts = countSuite(suite, code);
  console.log(`== ${suite}: ${sentence(counts)} in ${seconds.toFixed(0)} s`);
  return counts;
};

const sentence = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

const checkAsTest = async () => {
  console.log('\n== check');
  const passed = await check();
  return passed
    ? { passed: 1, failed: 0, skipped: 0 }
    : { passed: 0, failed: 1, skipped: 0, why: 'the check, see above' };
};

const getBinaries = async () => {
  console.log('\n== pinned binaries');
  const { code } = await run(node, ['tools/resolve-binaries.mjs']);
  return code === 0
    ? { passed: 0, failed: 0, skipped: 0 }
    : { passed: 0, failed: 1, skipped: 0, why: 'the pinned binaries, see above' };
};

checkMachine();
await install();
mkdirSync(results, { recursive: true });
const all = [await checkAsTest(), await getBinaries()];
await run(node, ['tools/join-programs.mjs']);
for (const together of suites)
  all.push(...(await Promise.all(together.map((suite, at) => runSuite(suite, at > 0)))));
const total = all.reduce((sum, one) => ({
  passed: sum.passed + one.passed,
  failed: sum.failed + one.failed,
  skipped: sum.skipped + one.skipped,
}));
// Said again at the end, where whoever reads a long log looks first.
for (const { what, why } of all.flatMap(({ failures = [] }) => failures))
  console.log(`\nFAILED ${what}\n${why.map((line) => `  ${line}`).join('\n')}`);
for (const { why } of all) if (why) console.log(`\nFAILED ${why}`);
console.log(`\n${sentence(total)}`);
process.exit(total.failed === 0 ? 0 : 1);
