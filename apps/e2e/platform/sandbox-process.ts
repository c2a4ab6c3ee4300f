import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { freePort } from '@syncline/toolchain';

import { root } from './command-line.js';
import { LiveCluster } from './live-cluster.js';

const main = join(root, 'libs', 'sandbox-cluster', 'dist', 'main.js');

/** Simulated clusters beside those of the installation, in a process of the test's own, whose faults can be ordered. */
export class SandboxProcess {
  private constructor(
    private readonly folder: string,
    private readonly args: readonly string[],
    private process: ChildProcess,
  ) {}

  /** Starts one; everything that it keeps lies in the folder. */
  static async start(folder: string, clusters: readonly string[]): Promise<SandboxProcess> {
    const port = String(await freePort());
    const args = [main, '--dir', join(folder, 'clusters'), '--port', port, '--clusters', clusters.join(',')];
    return new SandboxProcess(folder, args, await started(args));
  }

  kubeconfigOf(cluster: string): string {
    return join(this.folder, 'clusters', cluster, 'kubeconfig');
  }

  /** One of its clusters, asked directly. */
  live(cluster: string): Promise<LiveCluster> {
    return LiveCluster.of(this.folder, cluster);
  }

  /** Replaces what is to go wrong with a cluster. */
  async order(cluster: string, ...faults: readonly object[]): Promise<void> {
    const { code, body } = await (await this.live(cluster)).call('PUT', '/sandbox/faults', faults);
    if (code !== 200) throw new Error(`${cluster} refuses these faults: ${JSON.stringify(body)}`);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  async startAgain(): Promise<void> {
    this.process = await started(this.args);
  }
}

const started = async (args: readonly string[]): Promise<ChildProcess> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
};
