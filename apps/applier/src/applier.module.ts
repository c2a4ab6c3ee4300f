import { randomUUID } from 'node:crypto';

import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Turns, type Agent } from '@syncline/event-store';
import { HealthController, Metrics, Readiness, type Logger } from '@syncline/observability';
import { recipientOf } from '@syncline/sealing';

import { AuditController } from './audit/audit.controller.js';
import { Audits } from './audit/audits.js';
import { Clusters } from './clusters/clusters.js';
import { ClustersReaction } from './clusters/clusters.reaction.js';
import type { Config } from './config.js';
import { applierMeter, showTurns } from './meter.js';

const version = '0.1.0';
/** How many dry runs begin before one is done, and how long one usually takes at most. */
const [dryRunsAtOnce, usualDryRunMs] = [12, 250];

/** An applier: its clusters, and what it hears of them. */
@Module({})
export class ApplierModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(Clusters) private readonly clusters: Clusters,
    @Inject(Audits) private readonly audits: Audits,
  ) {}

  static async of(
    config: Pick<Config, 'applier' | 'identity' | 'hmacKey' | 'digest' | 'kubeconfig'> &
      Partial<Pick<Config, 'audit' | 'stateDir'>>,
    agent: Agent,
    metrics: Metrics,
    logger: Logger,
  ): Promise<DynamicModule> {
    const { applier, identity, hmacKey, kubeconfig, digest: configuration } = config;
    const service = { run: randomUUID(), version, configuration, recipient: await recipientOf(identity) };
    const meter = applierMeter(metrics);
    const dryRuns = new Turns(dryRunsAtOnce, usualDryRunMs);
    showTurns(metrics, dryRuns, dryRunsAtOnce);
    const own = kubeconfig === undefined ? {} : { kubeconfig };
    const sources = config.audit ?? { files: new Map(), tokens: new Map(), withSourceIp: false };
    const audits = new Audits({ ...sources, stateDir: config.stateDir }, meter, logger);
    const clusters = new Clusters({
      ...{ applier, agent, identity, hmacKey, ...own, service, dryRuns, audits, meter, logger },
    });
    return {
      module: ApplierModule,
      controllers: [HealthController, ClustersReaction, AuditController],
      providers: [
        { provide: Audits, useValue: audits },
        { provide: Clusters, useValue: clusters },
        { provide: Readiness, useValue: () => [...agent.missing(), ...clusters.missing] },
        { provide: Metrics, useValue: metrics },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.clusters.start();
    this.audits.start();
  }

  /** Before the connection to the log closes, so that what ends can be recorded. */
  async onModuleDestroy(): Promise<void> {
    await this.audits.stop();
    await this.clusters.stop();
  }
}
