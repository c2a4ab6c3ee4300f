import { createInstallation, writeCredentials } from '@syncline/event-store';
import { CommandRefused } from '@syncline/kernel';
import { generateKeyPair } from '@syncline/sealing';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Places } from './places.js';
import { hubApplier, services } from './service-names.js';

const hexKeys = [...services.map((service) => `${service}.id.key`), 'people.key', 'pack.key', 'hmac.key'];
const texts = [
  'git-watcher.identity',
  'applier.identity',
  'recipients.json',
  'provisioner.json',
  'server.conf',
];
const users = ['bootstrap', 'api', 'git-watcher', 'planner', `applier-${hubApplier}`];
/** The secret of the Ed25519 key that signs checkpoints; the log knows if it is another than before. */
const checkpointKey = 'checkpoint.key';

/** Every key file of an installation, under its folder of keys. */
export const keyNames: readonly string[] = [
  ...hexKeys,
  checkpointKey,
  ...texts,
  ...users.map((user) => `nats/${user}.creds`),
];

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const newHexKey = (): string => randomBytes(32).toString('hex');

const unlessPresent = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
};

const writeKeys = async (dir: string): Promise<void> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): Promise<void> =>
    writeFile(join(dir, name), text, { mode: 0o600 });
  const [installation, gitWatcher, applier] = await Promise.all([
    createInstallation([hubApplier]),
    generateKeyPair(),
    generateKeyPair(),
  ]);
  for (const name of hexKeys) await write(name, newHexKey());
  await write('git-watcher.identity', gitWatcher.identity);
  await write('applier.identity', applier.identity);
  await write('recipients.json', JSON.stringify({ [hubApplier]: applier.recipient }));
  await write('provisioner.json', JSON.stringify(installation.provisioner));
  await write('server.conf', installation.serverConfig);
  await writeCredentials(join(dir, 'nats'), installation.credentials);
};

const refuseIncomplete = async (places: Places): Promise<void> => {
  for (const name of keyNames) {
    if (await exists(places.key(name))) continue;
    throw new CommandRefused(
      'state-broken',
      `${places.key(name)} is missing, and what it was made for cannot be read without it. Put it back, or remove ${places.state} to begin anew.`,
    );
  }
};

/**
 * Makes every key of an installation once, whole or not at all, and the administrator's token. Throws CommandRefused
 * where some of them are gone.
 */
export const makeKeys = async (places: Places): Promise<void> => {
  if (!(await exists(places.keys))) {
    const unfinished = `${places.keys}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await writeKeys(unfinished);
    await rename(unfinished, places.keys);
  }
  // An installation of an earlier version has none.
  await writeFile(places.key(checkpointKey), newHexKey(), { mode: 0o600, flag: 'wx' }).catch(unlessPresent);
  await refuseIncomplete(places);
  if (await exists(places.token)) return;
  await writeFile(places.token, `syncline_${randomBytes(32).toString('base64url')}`, { mode: 0o600 });
};

/** The text of one key file. */
export const readKey = (places: Places, name: string): Promise<string> => readFile(places.key(name), 'utf8');

/** The administrator's token. */
export const readToken = async (places: Places): Promise<string> =>
  (await readFile(places.token, 'utf8')).trim();
