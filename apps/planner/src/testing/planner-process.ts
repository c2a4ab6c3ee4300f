import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, testKeys, type TestLog } from '@syncline/testkit';
import { freePort, resolveBinaries } from '@syncline/toolchain';

const program = new URL('../../dist/main.js', import.meta.url).pathname;

/** The built planner as a process of its own, over the log of a test. */
export class PlannerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #said = '';

  private constructor(environment: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [program], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => (this.#said = (this.#said + data.toString()).slice(-4_000)));
  }

  /** Starts it in a folder, and waits until it is ready. */
  static async start(
    log: TestLog,
    dir: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<PlannerProcess> {
    await mkdir(dir, { recursive: true });
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(dir, name), text, { mode: 0o600 });
      return join(dir, name);
    };
    const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
    const { kustomize, helm } = await resolveBinaries(['kustomize', 'helm']);
    const listen = `127.0.0.1:${await freePort()}`;
    const planner = new PlannerProcess({
      PATH: process.env.PATH ?? '',
      SYNCLINE_NATS_URL: log.url,
      SYNCLINE_NATS_CREDENTIALS_FILE: await file('nats.creds', log.installation.credentials.planner ?? ''),
      SYNCLINE_STATE_DIR: join(dir, 'state'),
      SYNCLINE_LISTEN: listen,
      SYNCLINE_ID_KEY_FILE: await file('id.key', hex(testKeys.idKey)),
      SYNCLINE_PACK_KEY_FILE: await file('pack.key', hex(testKeys.packKey)),
      SYNCLINE_KUSTOMIZE: kustomize,
      SYNCLINE_HELM: helm,
      ...more,
    });
    await eventually(() => planner.#isReady(listen), 30_000, 'the planner is ready');
    return planner;
  }

  async #isReady(listen: string): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`the planner ended: ${this.#said}`);
    return (await fetch(`http://${listen}/readyz`)).ok;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
