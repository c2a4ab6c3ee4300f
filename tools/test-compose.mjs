// npm run test:compose: starts docker-compose.yml for real, deploys a push through it, kills a NATS node under it, deploys
// another, and takes everything down. Run after the build. Images that cannot be pulled are replaced by stand-ins.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { environment, fail, node, root } from './machine.mjs';

const exec = promisify(execFile);
const project = 'syncline-test';
const port = process.env.SYNCLINE_PORT ?? '18080';
const cluster = 'staging';
const say = (line) => console.log(line);

const run = async (command, args, more = {}) => {
  const options = { cwd: root, env: environment, maxBuffer: 64 * 1024 * 1024, ...more };
  return (await exec(command, args, options)).stdout.trim();
};
const works = (command, args) =>
  run(command, args).then(
    () => true,
    () => false,
  );

if (!(await works('docker', ['version'])))
  fail(
    'No Docker engine answers, so docker-compose.yml cannot be tried. Start one (dockerd) and run npm run test:compose again.',
  );
const composeCommand = (await works('docker', ['compose', 'version']))
  ? ['docker', 'compose']
  : (await works('docker-compose', ['version']))
    ? ['docker-compose']
    : fail(
        'Docker Compose is not installed. Install docker-compose or its plugin and run npm run test:compose again.',
      );

/** The settings of docker-compose.yml: the official images, or stand-ins where they cannot be pulled. */
const settings = async () => {
  if (await works('docker', ['pull', '-q', 'nats:2.15.2-alpine'])) return {};
  say('the official images cannot be pulled: stand-ins are made from what this machine has');
  const printed = await run('sh', ['tools/stand-in-images.sh']);
  return Object.fromEntries(printed.split('\n').map((line) => line.split('=')));
};
const folder = await mkdtemp(join(tmpdir(), 'syncline-compose-'));
const image = { SYNCLINE_IMAGE: 'syncline:test', SYNCLINE_PORT: port };
const env = { ...environment, ...(await settings()), ...image };

const [composeProgram, ...composeFirst] = composeCommand;
const compose = (...args) =>
  run(
    composeProgram,
    [...composeFirst, '-p', project, '-f', 'docker-compose.yml', '-f', join(folder, 'test.yml'), ...args],
    { env },
  );

/** Beside the services: a cluster that is simulated, and the folder of a repository. Both are reached from inside alone. */
const additions = `
services:
  git-watcher:
    volumes: ['${folder}/git:/git:ro']
  sandbox:
    image: syncline:test
    network_mode: 'service:applier'
    user: '10001:10001'
    command: [node, libs/sandbox-cluster/dist/main.js, --dir, /tmp/sandbox, --port, '6443', --clusters, ${cluster}]
`;

const until = async (what, condition, seconds = 120) => {
  const deadline = Date.now() + seconds * 1_000;
  for (let last; ; await delay(500)) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`after ${seconds} s there is still not: ${what}`, { cause: last });
  }
};

const bare = join(folder, 'git', 'fleet.git');
const work = join(folder, 'work');
const gitConfig = join(folder, 'gitconfig');
const git = (...args) =>
  run('git', args, { cwd: work, env: { ...environment, GIT_CONFIG_GLOBAL: gitConfig } });
const push = async (message) => {
  await git('add', '-A');
  await git('commit', '-q', '-m', message);
  await git('push', '-q', 'origin', 'HEAD:main');
  // Git reads no repository that belongs to somebody else.
  await run('chown', ['-R', '10001:10001', join(folder, 'git')]);
  return git('rev-parse', 'HEAD');
};
const makeRepository = async () => {
  await writeFile(gitConfig, '[user]\n\tname = Test\n\temail = test@example.com\n[safe]\n\tdirectory = *\n');
  await run('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  await cp(join(root, 'examples', 'fleet'), work, { recursive: true });
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', bare);
  return push('Describe the fleet');
};

const syncline = async (...args) => {
  const token = await compose('exec', '-T', 'api', 'cat', '/keys/token');
  return run(node, [join(root, 'apps/cli/dist/main.js'), ...args], {
    env: { ...environment, SYNCLINE_URL: `http://127.0.0.1:${port}`, SYNCLINE_TOKEN: token },
  });
};
const deployed = (revision) =>
  until(`${revision} is deployed`, async () => {
    await syncline('wait', 'storefront', '--revision', revision, '--timeout', '120s');
    return true;
  });

const services = ['git-watcher', 'planner', 'applier', 'api'];
const isReady = async () => {
  const ids = await Promise.all(services.map((service) => compose('ps', '-q', service)));
  const format = '{{.State.Health.Status}}';
  const states = await Promise.all(ids.map((id) => run('docker', ['inspect', '-f', format, id])));
  return states.every((state) => state === 'healthy');
};

/** What a container of ours may do at most. */
const checkConfinement = async () => {
  for (const service of [...services, 'nats-1', 'nats-2', 'nats-3', 'postgres']) {
    const id = await compose('ps', '-q', service);
    const format = '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{json .HostConfig.CapDrop}}';
    const found = await run('docker', ['inspect', '-f', format, id]);
    if (found !== '10001:10001 true ["ALL"]') throw new Error(`${service} runs as ${found}`);
  }
};

const kill = async (service) => run('docker', ['kill', await compose('ps', '-q', service)]);

const tryIt = async () => {
  await writeFile(join(folder, 'test.yml'), additions);
  const first = await makeRepository();
  say('building the image');
  const network = env.SYNCLINE_NODE_IMAGE ? ['--network', 'host'] : [];
  const images = ['NODE', 'GO'].flatMap((name) => {
    const value = env[`SYNCLINE_${name}_IMAGE`];
    return value ? ['--build-arg', `${name}_IMAGE=${value}`] : [];
  });
  await run('docker', [
    'build',
    '-t',
    'syncline:test',
    ...network,
    ...images,
    '-f',
    'deploy/Dockerfile',
    '.',
  ]);
  say('starting');
  await compose('up', '-d', '--no-build');
  await until('every service is healthy', isReady, 240);
  await checkConfinement();
  say('every service is healthy, without root, on read-only root file systems');

  const kubeconfig = join(folder, 'kubeconfig');
  await until('the simulated cluster', async () => {
    await writeFile(
      kubeconfig,
      await compose('exec', '-T', 'sandbox', 'cat', `/tmp/sandbox/${cluster}/kubeconfig`),
    );
    return (await readFile(kubeconfig, 'utf8')).includes('server');
  });
  await syncline('cluster', 'add', cluster, '--kubeconfig', kubeconfig, '--label', 'tier=staging');
  await syncline('repo', 'add', 'fleet', 'file:///git/fleet.git', '--path', 'applications', '--poll', '5');
  await deployed(first);
  say('a push is deployed');

  for (const victim of ['nats-1', 'nats-2', 'nats-3']) {
    await kill(victim);
    const file = join(work, 'apps/storefront/deployment.yaml');
    const text = await readFile(file, 'utf8');
    const replicas = Number(/replicas: (\d+)/.exec(text)?.[1]) + 1;
    await writeFile(file, text.replace(/replicas: \d+/, `replicas: ${replicas}`));
    const began = Date.now();
    await deployed(await push(`Have ${replicas} shop windows`));
    say(`${victim} was killed: the next push is deployed after ${Math.round((Date.now() - began) / 1000)} s`);
    await compose('up', '-d', '--no-build', victim);
    await until('the node is back', async () => {
      const id = await compose('ps', '-q', victim);
      return (await run('docker', ['inspect', '-f', '{{.State.Health.Status}}', id])) === 'healthy';
    });
  }
};

let failure;
try {
  await tryIt();
} catch (error) {
  failure = error;
  const logs = await compose('logs', '--no-color', '--tail', '40').catch(() => '');
  console.error(logs);
} finally {
  await compose('down', '-v', '--remove-orphans', '--timeout', '10').catch((error) =>
    console.error(error.message),
  );
  await rm(folder, { recursive: true, force: true });
}
if (failure) {
  console.error(failure);
  process.exit(1);
}
say('docker-compose.yml works');
