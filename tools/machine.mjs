// What the scripts need of this machine: checked, with one sentence where it is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const bin = join(root, 'node_modules', '.bin');
export const node = join(bin, 'node');

/** The environment of everything that is run: our own binaries come first, and compiled code is kept for the next run. */
export const environment = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH ?? ''}`,
  NX_DAEMON: 'false',
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node-compile'),
};

const leastFree = 2 * 1024 * 1024 * 1024;
const oldestNode = 20;
const oldestNpm = 9;

/** Ends with one sentence for whoever called. */
export const fail = (sentence) => {
  console.error(sentence);
  process.exit(1);
};

const major = (version) => Number(version.replace(/^v/, '').split('.')[0]);

const versionOf = (command) => {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
};

const checkNpm = () => {
  const npm = versionOf('npm');
  if (npm === undefined)
    fail('npm is not on this machine. It comes with Node: install that from https://nodejs.org.');
  if (major(npm) < oldestNpm)
    fail(`npm ${npm} is too old: Syncline needs npm ${oldestNpm} or newer. Run: npm install --global npm`);
};

/** Node and git as they must be; npm and room on the disk where something is to be installed. */
export const checkMachine = () => {
  if (major(process.version) < oldestNode)
    fail(
      `Node ${process.version} is too old: Syncline needs Node ${oldestNode} or newer to start with. Install one from https://nodejs.org.`,
    );
  if (versionOf('git') === undefined)
    fail('git is not on this machine. Install it (for example: apt install git) and start again.');
  if (isInstalled('running')) return;
  checkNpm();
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize < leastFree)
    fail(`The disk that holds ${root} has less than 2 GB left. Free some space and start again.`);
};

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * Whether node_modules is what the lockfile says, this platform's optional packages apart: `all` of it, or what
 * `running` needs.
 */
export const isInstalled = (scope = 'all') => {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || !existsSync(node)) return false;
  const wanted = Object.entries(readJson(join(root, 'package-lock.json')).packages);
  const present = readJson(installed).packages;
  return wanted.every(([path, { version, dev, devOptional, optional, peer, link }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    if (scope === 'running' && (dev || devOptional)) return true;
    if (link || ((optional || peer) && present[path] === undefined)) return true;
    return present[path]?.version === version;
  });
};
