// npm start: checks the machine, installs and builds what is not there yet, and runs `syncline up` with the arguments.
// Runs under whatever Node npm has (20 or newer) and imports nothing but Node itself.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { checkMachine, environment, node, root } from './machine.mjs';
import { build, compileTools, install, joinProgramsMeanwhile } from './steps.mjs';

const needed = [
  'apps/git-watcher',
  'apps/planner',
  'apps/applier',
  'apps/api',
  'apps/cli',
  'libs/sandbox-cluster',
];
/** Without these nothing runs; `syncline up` finds out which clusters there are to be, and makes helm later. */
const tools = ['nats-server', 'kustomize'];

checkMachine();
await install('running');
// What compiles the tools is built first, so that compiling them, which takes longest, goes on beside the rest of the build.
if (!existsSync(join(root, 'libs/toolchain/dist/index.js'))) await build(['libs/toolchain']);
await Promise.all([build(needed, { quietly: false }), compileTools(tools)]);
joinProgramsMeanwhile();

const child = spawn(node, [join(root, 'apps/cli/dist/main.js'), 'up', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: environment,
});
// Ctrl-C reaches the child as well, which stops everything in order; this process waits for that.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
child.on('error', (error) => {
  console.error(`The command line cannot be run: ${error.message}`);
  process.exit(1);
});
child.on('close', (code) => process.exit(code ?? 1));
