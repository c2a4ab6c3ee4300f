import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startProcess, type ManagedProcess } from '../processes/managed-process.js';
import { accepts, stopUnlessReady, waitUntilReady } from '../processes/readiness.js';

/** Starts nats-server with a configuration text; resolves when it accepts connections on `port`. */
export const startNatsServer = async (options: {
  readonly binary: string;
  readonly dir: string;
  readonly configuration: string;
  readonly port: number;
  readonly logFile?: string;
}): Promise<ManagedProcess> => {
  const { binary, dir, configuration, port } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'nats.conf');
  await writeFile(file, configuration, { mode: 0o600 });
  const server = await startProcess({
    name: 'nats-server',
    command: binary,
    args: ['-c', file],
    logFile: options.logFile ?? join(dir, 'nats.log'),
  });
  await stopUnlessReady(
    server,
    waitUntilReady(server, () => accepts(port)),
  );
  return server;
};
