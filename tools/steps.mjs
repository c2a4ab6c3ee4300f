// Runs programs and says what goes on: what they print is shown, or kept and shown where they fail.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { clearInterval, setInterval } from 'node:timers';

import { environment, fail, isInstalled, node, root } from './machine.mjs';

const tellEveryMs = 10_000;

const say = (line) => console.log(line);

/** Work goes on side by side: where one part fails, the others end with it. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill()));

/** Runs a program in the checkout. `quiet` keeps its output. Resolves with its exit code, output and duration. */
export const run = (command, args, { quiet = false, env = environment } = {}) =>
  new Promise((resolve) => {
    const began = Date.now();
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    running.add(child);
    let output = '';
    const keep = (data) => (output += data);
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    const end = (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output, seconds: (Date.now() - began) / 1000 });
    };
    child.on('error', (error) => ((output += error.message), end(1)));
    child.on('close', end);
  });

/** Runs a program quietly; says that it goes on, and how long it took. */
export const step = async (name, command, args) => {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const ticker = setInterval(() => say(`  ${name}, still going on after ${seconds()} s`), tellEveryMs);
  const result = await run(command, args, { quiet: true });
  clearInterval(ticker);
  return result;
};

const whyInstallFailed = (output) => {
  if (/ENOSPC|no space left/i.test(output)) return 'The disk is full. Free 2 GB and start again.';
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENETUNREACH|ECONNRESET|network/i.test(output)) {
    return "The packages cannot be fetched: the npm registry is out of reach. Connect to the network (or set npm's proxy or registry) and start again.";
  }
  return `The packages cannot be installed:\n${output.trim().split('\n').slice(-15).join('\n')}`;
};

const installers = {
  /** What is needed to build and run it: half of the packages, in a third of the time. */
  running: { args: ['ci', '--omit=dev'], about: 'half a minute' },
  all: { args: ['ci'], about: '2 minutes' },
  /** Adds what tests and checks need to what may be running from the other packages at this moment. */
  rest: { args: ['install'], about: 'a minute' },
};

const installerFor = (scope) => {
  if (scope === 'running') return installers.running;
  return isInstalled('running') ? installers.rest : installers.all;
};

/** Installs what the lockfile names, where that is not there already: `all` of it, or what `running` needs. */
export const install = async (scope = 'all') => {
  if (isInstalled(scope)) return;
  const { args, about } = installerFor(scope);
  say(`Installing packages (about ${about} where nothing is cached)`);
  const { code, output, seconds } = await step('installing packages', 'npm', [
    ...args,
    '--no-audit',
    '--no-fund',
  ]);
  if (code !== 0) fail(whyInstallFailed(output));
  say(`  installed in ${seconds.toFixed(0)} s`);
};

/** Compiles projects with the pinned compiler under the pinned Node. Quick where nothing changed. */
export const build = async (projects, { quietly = true } = {}) => {
  const began = Date.now();
  if (!quietly) say('Building');
  const { code, output } = await step('building', node, [
    'node_modules/typescript/bin/tsc',
    '-b',
    ...projects,
  ]);
  if (code !== 0) {
    if (/ENOSPC|no space left/i.test(output)) fail('The disk is full. Free some space and start again.');
    fail(`The build failed:\n${output.trim()}`);
  }
  const seconds = (Date.now() - began) / 1000;
  if (seconds > 5) say(`  built in ${seconds.toFixed(0)} s`);
};

/** Finds pinned tools, or compiles them; says how that goes. Run once libs/toolchain is built. */
export const compileTools = async (names) => {
  const { code } = await run(node, ['tools/resolve-binaries.mjs', '--quiet', ...names]);
  if (code !== 0) process.exit(code);
};

/**
 * Joins the files of each program, from which it starts in half of the time: for the next start, and beside whatever else
 * goes on, of which it takes nothing.
 */
export const joinProgramsMeanwhile = () => {
  const child = spawn(node, ['tools/join-programs.mjs'], {
    cwd: root,
    env: environment,
    stdio: 'ignore',
    detached: true,
  });
  child.on('error', () => undefined);
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  child.unref();
};
