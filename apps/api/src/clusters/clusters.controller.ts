import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Views, type ClusterRow } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { notFound } from '../problems/problem.js';
import { CallerOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName, labels, name } from '../requests/names.js';
import { written } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';
import { ClusterRegistration } from './registration.js';
import { sealedBytes, sealedText } from './sealed.js';

const newCluster = z.object({
  cluster: name,
  labels: labels.default({}),
  applier: name.default('hub'),
  credential: sealedText.optional(),
});
const cluster = z.object({
  cluster: z.string(),
  labels: z.record(z.string(), z.string()),
  applier: z.string(),
  state: z.enum(['Connected', 'Lost', 'Pending']),
  kubernetesVersion: z.string().optional(),
  since: z.string(),
  reason: z.string().optional(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const clusterList = z.object({ items: z.array(cluster) });

const query = z.object({ at: instant.optional() });

/** Events that say what clusters there are, and how they are. */
const joining = {
  types: [
    'ClusterRegistered', 'ClusterRelabelled', 'ClusterRemoved', 'ClusterConnected', 'ClusterLost', 'AgentLost', 'AgentReturned',
  ],
} as const; // prettier-ignore

const shown = (row: ClusterRow): z.infer<typeof cluster> => ({
  cluster: row.cluster,
  labels: { ...row.labels },
  applier: row.applier,
  state: row.state,
  ...(row.kubernetesVersion !== null && { kubernetesVersion: row.kubernetesVersion }),
  since: row.since,
  ...(row.reason !== null && { reason: row.reason }),
  occurredAt: row.occurredAt,
  recordedAt: row.recordedAt,
});

/** The fleet's members. Credentials come sealed, and are never given back. */
@ApiTags('clusters')
@Controller('v1/clusters')
export class ClustersController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(ClusterRegistration) private readonly registration: ClusterRegistration,
  ) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: clusterList })
  async list(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof clusterList>> {
    const at = pastOf(asked.at);
    const rows =
      at === undefined ? await this.views.clusters() : (await this.views.past(at, joining)).clusters();
    return { items: rows.map(shown) };
  }

  @Get(':name')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: cluster })
  async show(
    @Param('name', { schema: anyName }) name: string,
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof cluster>> {
    const at = pastOf(asked.at);
    const row =
      at === undefined
        ? await this.views.cluster(name)
        : (await this.views.past(at, joining)).clusters().find((one) => one.cluster === name);
    if (row) return shown(row);
    const when = at === undefined ? 'There is' : `As of ${at} there was`;
    throw notFound(
      'cluster-unknown',
      `${when} no cluster ${name}. GET /v1/clusters lists those that there are.`,
    );
  }

  @Post()
  @Allows('admin')
  @Writes()
  async register(
    @Body({ schema: newCluster }) body: z.infer<typeof newCluster>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const { credential, ...rest } = body;
    const sealed = credential === undefined ? {} : { credential: sealedBytes(credential) };
    return written(await this.registration.register({ ...rest, ...sealed }, caller), {
      cluster: body.cluster,
    });
  }

  @Delete(':name')
  @Allows('admin')
  @Writes()
  async remove(
    @Param('name', { schema: name }) name: string,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return written(await this.registration.remove(name, undefined, caller), { cluster: name });
  }
}
