import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { seal } from '@syncline/sealing';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const healthyMs = 120_000;

type Target = { readonly health: string };
type Recipients = { readonly appliers: Readonly<Record<string, string>> };

const counted = (rows: readonly Target[]): string =>
  [...Map.groupBy(rows, ({ health }) => health)]
    .map(([health, all]) => `${all.length} ${health}`)
    .join(', ') || 'no target';

/** The whole product as its users start and ask it: by its command line and its API. */
export class Product {
  readonly #state: string;
  #recipients: Promise<Recipients> | undefined;

  constructor(state: string) {
    this.#state = state;
  }

  /** The processes of the installation by name, for measuring. */
  get pids(): Readonly<Record<string, number>> {
    const children = JSON.parse(readFileSync(join(this.#state, 'children.json'), 'utf8')) as Record<
      string,
      number[]
    >;
    const named = Object.entries(children).flatMap(([name, [pid]]) =>
      pid === undefined ? [] : [[name, pid] as const],
    );
    return Object.fromEntries(named);
  }

  /** Runs `./syncline` on this installation. */
  async cli(...args: readonly string[]): Promise<void> {
    const running = run(join(root, 'syncline'), [...args, '--state', this.#state], { timeout: 600_000 });
    await running.catch((error: unknown) => {
      const { message, stdout = '' } = error as { readonly message: string; readonly stdout?: string };
      throw new Error(`${message}\n${stdout}`);
    });
  }

  /** Looks at the repository now, as a webhook would ask for. */
  async refresh(): Promise<void> {
    await this.#api('POST', '/v1/repositories/fleet/refresh', {});
  }

  /** Registers a cluster by the one context of a kubeconfig, as `syncline cluster add` does. */
  async register(cluster: string, kubeconfig: string): Promise<void> {
    this.#recipients ??= this.#api('GET', '/v1/recipients') as Promise<Recipients>;
    const { appliers } = await this.#recipients;
    const credential = Buffer.from(await seal(Buffer.from(kubeconfig), [appliers.hub ?? '']));
    const body = { cluster, labels: {}, applier: 'hub', credential: credential.toString('base64') };
    await this.#api('POST', '/v1/clusters', body);
  }

  /** Waits until every target is there and Current. */
  async untilHealthy(targets: number, withinMs = healthyMs): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const { targets: rows } = (await this.#api('GET', '/v1/fleet')) as {
        readonly targets: readonly Target[];
      };
      if (rows.length >= targets && rows.every(({ health }) => health === 'Current')) return;
      if (Date.now() > deadline) throw new Error(`not healthy after ${withinMs} ms: ${counted(rows)}`);
      await delay(500);
    }
  }

  /** A metric of a service as Prometheus scrapes it: the value of the first line that fits. */
  async metric(service: string, line: RegExp): Promise<number> {
    const text = await readFile(join(this.#state, 'ports.json'), 'utf8');
    const ports = JSON.parse(text) as Record<string, number>;
    const answer = await fetch(`http://127.0.0.1:${ports[service] ?? 0}/metrics`);
    const found = line.exec(await answer.text());
    if (!found) throw new Error(`${service} does not say ${line.source}`);
    return Number(found[1]);
  }

  async #api(method: string, path: string, body?: unknown): Promise<unknown> {
    const [url, token] = await Promise.all(
      ['url', 'token'].map(async (file) => (await readFile(join(this.#state, file), 'utf8')).trim()),
    );
    const answer = await fetch(`${url ?? ''}${path}`, {
      method,
      headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
