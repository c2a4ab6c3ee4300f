// Makes the keys and accounts of an installation once, and gives each container a folder with those that it needs and no
// others. Run before every start: what is there is kept, and what is handed out is handed out again.
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { makeKeys } from '../apps/cli/dist/up/keys.js';
import { placesIn } from '../apps/cli/dist/up/places.js';
import { serverConfiguration } from '../libs/event-store/dist/index.js';

const made = '/made';
const places = placesIn('/installation');
const nodes = ['nats-1', 'nats-2', 'nats-3'];

/** The text of a secret that is made once. */
const once = async (name) => {
  const file = join(places.state, name);
  const text = randomBytes(24).toString('hex');
  await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
};

const write = (service, name, text) => writeFile(join(made, service, name), text, { mode: 0o600 });

const hand = async (service, keys) => {
  for (const key of keys) await copyFile(places.key(key), join(made, service, basename(key)));
};

await mkdir(places.state, { recursive: true });
await makeKeys(places);
const [secret, password] = [await once('node.secret'), await once('postgres.password')];

const accounts = await readFile(places.key('server.conf'), 'utf8');
for (const node of nodes) {
  const cluster = { node, port: 6222, nodes: nodes.map((one) => `${one}:6222`), secret };
  const place = { dir: '/data', host: '0.0.0.0', port: 4222, monitorPort: 8222, cluster };
  await write('nats', `${node}.conf`, serverConfiguration(accounts, place));
}
await write('postgres', 'password', password);

await hand('bootstrap', ['nats/bootstrap.creds']);
await hand('git-watcher', [
  ...['nats/git-watcher.creds', 'git-watcher.id.key', 'people.key', 'pack.key', 'git-watcher.identity'],
]);
await hand('planner', ['nats/planner.creds', 'planner.id.key', 'pack.key']);
await hand('applier', ['nats/applier-hub.creds', 'applier.id.key', 'applier.identity', 'hmac.key']);
await hand('api', ['nats/api.creds', 'api.id.key', 'people.key', 'checkpoint.key', 'provisioner.json']);
await copyFile(places.token, join(made, 'api', 'token'));
const recipients = await readFile(places.key('recipients.json'), 'utf8');
await write(
  'api',
  'environment',
  [
    `SYNCLINE_POSTGRES_URL=postgres://syncline:${password}@postgres:5432/syncline`,
    `SYNCLINE_APPLIER_RECIPIENTS='${recipients}'`,
    '',
  ].join('\n'),
);
console.log('the keys and accounts of the installation are there');
