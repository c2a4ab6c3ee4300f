import { findBinary, pins, ToolchainError, type BinaryName } from '@syncline/toolchain';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { fine, wrong, type Check } from './check.js';

const run = promisify(execFile);
const leastNode = 24;
const needed: readonly BinaryName[] = ['nats-server', 'kustomize', 'helm'];

const versionOf = (command: string, args: readonly string[]): Promise<string | undefined> =>
  run(command, [...args], { timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim().split('\n')[0],
    () => undefined,
  );

const checkNode = (): Check =>
  Number(process.versions.node.split('.')[0]) >= leastNode
    ? fine('node', `${process.version} at ${process.execPath}`)
    : wrong(
        'node',
        `${process.version} at ${process.execPath} is too old`,
        `Run ./syncline of the checkout, which brings Node ${leastNode}, or npm ci in it.`,
      );

const checkGit = async (): Promise<Check> => {
  const version = await versionOf('git', ['--version']);
  return version === undefined
    ? wrong('git', 'git cannot be run; no repository can be read', 'Install git and have it in PATH.')
    : fine('git', version);
};

const howFound = { environment: 'named by the environment', path: 'in PATH', cache: 'compiled before' };

const checkBinary = async (
  name: BinaryName,
  environment: NodeJS.ProcessEnv,
  go: string | undefined,
): Promise<Check> => {
  const { version, variable, buildSeconds } = pins[name];
  try {
    const found = await findBinary(name, environment);
    if (found !== undefined && found.how !== 'built')
      return fine(name, `${version}, ${howFound[found.how]}: ${found.path}`);
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return wrong(name, error.message, `Unset ${variable}, or let it name a ${name} that runs.`);
  }
  if (!needed.includes(name)) return fine(name, 'not on this machine; the platform runs without it');
  const how = go === undefined ? 'Install Go 1.26, then npm start' : 'npm start';
  return wrong(
    name,
    `${version} is not on this machine`,
    `${how} compiles it in about ${buildSeconds} s; or name one with ${variable}.`,
  );
};

/** What this machine brings: Node, git, Go, and the pinned binaries with where they were found. Builds nothing. */
export const checkMachine = async (environment: NodeJS.ProcessEnv): Promise<readonly Check[]> => {
  const [git, go] = await Promise.all([checkGit(), versionOf('go', ['version'])]);
  const names = Object.keys(pins) as BinaryName[];
  const binaries = await Promise.all(names.map((name) => checkBinary(name, environment, go)));
  const compiler = fine('go', go ?? 'not on this machine; it is needed only to compile what is missing');
  return [checkNode(), git, compiler, ...binaries];
};
