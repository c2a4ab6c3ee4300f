import { encodeEvent, subjects } from '@syncline/events';
import { memoryHub, MemoryWorld } from '@syncline/event-store';
import { clusterOwner, type BlobRef } from '@syncline/kernel';
import { formatVerifier, signerOf, type ExportScope } from '@syncline/log-proofs';
import { temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { join } from 'node:path';

import { Checkpoints, type SignedCheckpoint } from '../log/checkpoints/checkpoints.js';
import { fileWitness } from '../log/checkpoints/file-witness.js';
import type { Witness } from '../log/checkpoints/witnesses.js';
import { exportLog } from '../log/export/log-export.js';
import { LogTree } from '../log/tree/log-tree.js';

export const firstKey = new Uint8Array(32).fill(21);
export const secondKey = new Uint8Array(32).fill(22);
export const origin = 'syncline.test/record';
/** The verifier of a key, as people pass it on. */
export const keyText = (secret: Uint8Array): string => formatVerifier(signerOf(origin, secret).verifier);

/** A log in memory that is signed as api does it, without an API around it. */
export class RecordedLog {
  readonly hub;
  readonly halted: string[] = [];
  #tree!: LogTree;
  #checkpoints!: Checkpoints;

  private constructor(
    readonly world: MemoryWorld,
    readonly folder: TemporaryFolder,
    private readonly more: readonly Witness[],
  ) {
    this.hub = memoryHub(world, 'api');
  }

  /** `more` witnesses are shown the checkpoints beside a file. */
  static async begin(more: readonly Witness[] = []): Promise<RecordedLog> {
    const log = new RecordedLog(new MemoryWorld(), await temporaryFolder('record'), more);
    await log.open(firstKey);
    return log;
  }

  get witness(): string {
    return join(this.folder.path, 'witness', 'checkpoints');
  }

  /** Signs by a key from now on, as a process that is started with it. */
  async open(current: Uint8Array, previous?: Uint8Array): Promise<void> {
    const say = { error: () => undefined, warn: () => undefined, info: () => undefined };
    const halt = (reason: string): void => void this.halted.push(reason);
    const { log, aggregates } = this.hub;
    this.#tree = await LogTree.open({ log, stateDir: this.folder.path, say, halt });
    this.#tree.start();
    this.#checkpoints = new Checkpoints({
      ...{ log, aggregates, tree: this.#tree, say, halt, everyMs: 3_600_000 },
      keys: { current, origin, ...(previous && { previous }) },
      witnesses: [fileWitness(this.witness), ...this.more],
    });
  }

  /** Appends an event that names a blob, which is stored with it. */
  async append(at: number, change = `c-${at % 5}`): Promise<void> {
    const cluster = `edge-${at % 7}`;
    const bytes = new TextEncoder().encode(JSON.stringify({ at: at % 11, text: 'x'.repeat(at % 300) }));
    const resources = await this.hub.blobs.put(clusterOwner(cluster), bytes, 'application/json');
    await this.appendNaming(cluster, resources, change);
  }

  async appendNaming(cluster: string, resources: BlobRef, change = 'c-0'): Promise<void> {
    const subject = subjects.link(cluster);
    const next = (await this.hub.log.lastSequence()) + 1;
    const data = { cluster, kubernetesVersion: '1.36', resources, capabilities: 'c'.repeat(64) };
    const time = '2026-05-04T14:31:08Z';
    const fields = {
      id: `${next}.0`,
      source: '/test',
      subject,
      time,
      actor: 'service:applier',
      correlationId: change,
    };
    const event = encodeEvent({ type: 'CapabilitiesObserved', data }, fields);
    const last = await this.world.messages.last(subject);
    await this.world.messages.append({
      ...{ subject, id: `m-${next}`, expected: last?.sequence ?? 0 },
      bytes: new TextEncoder().encode(JSON.stringify([event])),
    });
  }

  /** Why the last checkpoint could not be shown to everybody. */
  get trouble(): string | undefined {
    return this.#checkpoints.trouble;
  }

  /** The tree, for proofs. */
  get tree(): LogTree {
    return this.#tree;
  }

  sign(): Promise<SignedCheckpoint> {
    return this.#checkpoints.sign();
  }

  async export(scope: ExportScope = { of: 'all' }): Promise<Buffer> {
    const checkpoint = await this.sign();
    const { log, blobs } = this.hub;
    return Buffer.concat(
      await Array.fromAsync(exportLog({ log, blobs, tree: this.#tree, checkpoint }, scope)),
    );
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    await this.#tree.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await this.hub.close();
    await this.folder.remove();
  }
}
