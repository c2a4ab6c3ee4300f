import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Progress } from '../binaries/progress.js';
import { freePort, isFree } from '../processes/readiness.js';

/** Where a cluster keeps its files, its ports, and the token of its administrator. */
export type Place = {
  readonly dir: string;
  readonly api: number;
  readonly etcd: number;
  readonly peer: number;
  readonly token: string;
};

/** Whether something lies there. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

type Where = { readonly name: string; readonly dir: string; readonly progress?: Progress };

type Kept = Omit<Place, 'dir'>;

const makePlace = async (dir: string): Promise<Kept> => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const token = randomBytes(24).toString('hex');
  await writeFile(join(dir, 'service-account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(join(dir, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return { api: await freePort(), etcd: await freePort(), peer: await freePort(), token };
};

/** A kept port, or another one where something else listens on it by now. */
const stillFree = async (port: number, what: string, progress: Progress): Promise<number> => {
  if (await isFree(port)) return port;
  const other = await freePort();
  progress(`port ${port} of ${what} is taken by something else; it listens on ${other} now`);
  return other;
};

/** The ports and secrets of a cluster: made the first time, kept afterwards. */
export const placeOf = async ({ name, dir, progress = () => undefined }: Where): Promise<Place> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'cluster.json');
  const kept = (await exists(file))
    ? (JSON.parse(await readFile(file, 'utf8')) as Kept)
    : await makePlace(dir);
  const place = {
    token: kept.token,
    api: await stillFree(kept.api, `cluster ${name}`, progress),
    etcd: await stillFree(kept.etcd, `etcd of cluster ${name}`, progress),
    peer: await stillFree(kept.peer, `etcd of cluster ${name}`, progress),
  };
  await writeFile(file, JSON.stringify(place), { mode: 0o600 });
  return { ...place, dir };
};
