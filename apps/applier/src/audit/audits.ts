import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';

import { encodeToken } from '@syncline/events';
import type { Logger } from '@syncline/observability';

import type { AuditMeter } from '../meter.js';
import type { AuditTrail } from './audit-trail.js';
import { followFile } from './follow-file.js';

/** Where audit events come from: a file for each cluster that has one, a token for each that may post to the webhook. */
export type AuditSources = {
  readonly files: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly withSourceIp: boolean;
  /** Keeps how far files were read; nothing is kept where it is left out. */
  readonly stateDir?: string | undefined;
};

const hash = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Takes what the API servers' audit logs say to the clusters that it is about. */
export class Audits {
  readonly #trails = new Map<string, AuditTrail>();
  readonly #ended = new AbortController();
  #following: readonly Promise<void>[] = [];

  constructor(
    private readonly sources: AuditSources,
    private readonly meter: AuditMeter,
    private readonly logger: Logger,
  ) {}

  get withSourceIp(): boolean {
    return this.sources.withSourceIp;
  }

  /** Whether anything is to be expected of a cluster. */
  has(cluster: string): boolean {
    return this.sources.files.has(cluster) || this.sources.tokens.has(cluster);
  }

  start(): void {
    const { files, tokens, stateDir } = this.sources;
    for (const cluster of new Set([...files.keys(), ...tokens.keys()])) this.meter.auditExpected(cluster);
    this.#following = [...files].map(([cluster, path]) => {
      const name =
        stateDir === undefined || stateDir === ''
          ? undefined
          : join(stateDir, `audit-${encodeToken(cluster)}.json`);
      return followFile({
        ...{ path, positionFile: name, signal: this.#ended.signal },
        onLine: (line) => this.#takeLine(cluster, line),
        onTooLong: () => this.meter.audited(cluster, 'malformed'),
        onTrouble: (error) =>
          this.logger.warn({ err: error, cluster }, 'the audit log of a cluster cannot be read'),
      });
    });
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#following);
  }

  /** The events of a cluster go to this trail from now on. */
  open(cluster: string, trail: AuditTrail): void {
    this.#trails.set(cluster, trail);
  }

  close(cluster: string): void {
    this.#trails.delete(cluster);
  }

  /** Whether whoever posts may tell of this cluster: by the token that was set up for it. */
  isAllowed(cluster: string, token: string): boolean {
    const wanted = this.sources.tokens.get(cluster);
    return wanted !== undefined && timingSafeEqual(hash(wanted), hash(token));
  }

  take(cluster: string, events: readonly unknown[]): void {
    const trail = this.#trails.get(cluster);
    for (const event of events) {
      if (trail) trail.take(event);
      else this.meter.audited(cluster, 'dropped');
    }
  }

  #takeLine(cluster: string, line: string): void {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      event = undefined;
    }
    this.take(cluster, [event]);
  }
}
