import { bootstrapLog, serverConfiguration } from '@syncline/event-store';
import {
  accepts,
  placeOfBinary,
  resolveBinaries,
  resolveBinary,
  startNatsServer,
  startPostgres,
  startProcess,
  stopUnlessReady,
  waitUntilReady,
  type ManagedProcess,
} from '@syncline/toolchain';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Installation } from './installation.js';
import { readKey } from './keys.js';
import type { Say } from './say.js';
import { programOf } from './joined-programs.js';
import { moveWhereTaken } from './ports.js';
import { environmentOf, type Wiring } from './service-environment.js';
import { services, type ServiceName } from './service-names.js';
import type { Run } from './supervised.js';

const serviceReadyMs = 60_000;
const preload = fileURLToPath(new URL('service-preload.js', import.meta.url));

const runOf = ({ pid, ended, stop }: ManagedProcess): Run => ({ pids: () => [pid], ended, stop });

const startLog = async ({ places, ports, supervise }: Installation, binary: string): Promise<void> => {
  const place = { dir: places.nats, port: ports.nats };
  const configuration = serverConfiguration(await readKey(places, 'server.conf'), place);
  const logFile = places.log('nats-server');
  await supervise('nats-server', async () =>
    runOf(await startNatsServer({ binary, ...place, configuration, logFile })),
  );
  const credentials = await readKey(places, 'nats/bootstrap.creds');
  await bootstrapLog(`nats://127.0.0.1:${ports.nats}`, credentials);
};

const startViews = async ({ places, ports, supervise }: Installation): Promise<string> => {
  let url = '';
  await supervise('postgres', async () => {
    const options = { dir: places.postgres, port: ports.postgres, logFile: places.log('postgres') };
    const postgres = await startPostgres(options);
    url = postgres.url;
    return runOf(postgres);
  });
  return url;
};

/** A request that finds nobody costs far more than a look whether somebody listens, and most of the looks find nobody. */
const isReady = async (port: number): Promise<boolean> =>
  (await accepts(port)) &&
  (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;

const startService = async (
  installation: Installation,
  service: ServiceName,
  wiring: Wiring,
): Promise<void> => {
  const { places, ports, supervise, root, say, surroundings } = installation;
  await mkdir(places.service(service), { recursive: true, mode: 0o700 });
  await supervise(service, async () => {
    await moveWhereTaken(places.ports, ports, service, say);
    const started = await startProcess({
      name: service,
      command: process.execPath,
      args: ['--import', preload, await programOf(root, service)],
      env: environmentOf(service, wiring, surroundings),
      cwd: places.service(service),
      logFile: places.log(service),
    });
    await stopUnlessReady(
      started,
      waitUntilReady(started, () => isReady(ports[service]), serviceReadyMs),
    );
    return runOf(started);
  });
};

const tools = ['nats-server', 'kustomize'] as const;

/** Paths of the tools without which the platform itself does not run, and of those that only some applications need. */
export type PlatformTools = Readonly<Record<(typeof tools)[number], string>> & {
  readonly helm: { readonly path: string; readonly isThere: boolean };
};

/** Finds or makes what running needs. Helm may come later: charts wait for it, and nothing else does. */
export const platformTools = async (progress: Say): Promise<PlatformTools> => ({
  ...(await resolveBinaries(tools, { progress })),
  helm: await placeOfBinary('helm'),
});

/** Makes what was left for later, and says what becomes of it; undefined where nothing was. */
export const makeLaterTools = ({ helm }: PlatformTools, say: Say): Promise<void> | undefined => {
  if (helm.isThere) return undefined;
  say('applications of charts wait for helm, which is compiled now');
  return resolveBinary('helm', { progress: say }).then(
    () => say('helm is there; applications of charts go on'),
    (error: unknown) =>
      say(`applications of charts go on waiting: ${error instanceof Error ? error.message : String(error)}`),
  );
};

/**
 * Starts the log, the views and the four services, each as a process of its own; resolves when all of them say that
 * they are ready.
 */
export const startPlatform = async (installation: Installation, binaries: PlatformTools): Promise<void> => {
  const { places, ports, say } = installation;
  const [postgresUrl] = await Promise.all([
    startViews(installation),
    startLog(installation, binaries['nats-server']),
  ]);
  say('the log (nats-server) and the views (Postgres) run');
  const recipients = await readKey(places, 'recipients.json');
  const { kustomize, helm } = binaries;
  const wiring = { places, ports, postgresUrl, kustomize, helm: helm.path, recipients };
  await Promise.all(services.map((service) => startService(installation, service, wiring)));
  say(`${services.join(', ')} are ready`);
};
