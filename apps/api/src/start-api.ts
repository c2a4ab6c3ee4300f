import { randomUUID } from 'node:crypto';

import { serviceAggregate } from '@syncline/domain';
import type { Hub } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import { systemClock } from '@syncline/kernel';
import type { Metrics } from '@syncline/observability';
import { Projector, Views } from '@syncline/read-models';

import { AccessMetrics } from './access/access-metrics.js';
import { admitAdministrator } from './access/admin-token.js';
import { Authenticator } from './access/authenticator.js';
import { FailedAttempts } from './access/failed-attempts.js';
import { KnownTokens } from './access/known-tokens.js';
import { AgentWatch } from './agents/agent-watch.js';
import type { ApiParts } from './api.module.js';
import type { Config } from './config.js';
import { EventStreams } from './events/event-streams.js';
import { readinessOf } from './log/api-readiness.js';
import { openRecord } from './log/open-record.js';
import { observeStanding, ProjectionMetrics } from './log/projection-metrics.js';
import { OpenApi } from './openapi/openapi.js';
import type { RequestLog } from './requests/log.js';

/** This build's version, as ServiceStarted says it. */
export const version = '0.1.0';

type ApiConfig = Pick<
  Config,
  | 'idKey'
  | 'applierRecipients'
  | 'agentNatsUrl'
  | 'agentLostAfterMs'
  | 'postgresUrl'
  | 'digest'
  | 'adminToken'
  | 'stateDir'
  | 'checkpointKeys'
  | 'checkpointEveryMs'
  | 'witnessFile'
  | 'witnessGit'
>;

/** The API's parts, open: tokens are known, the projector runs. `close` ends them; the hub is the caller's own. */
export type OpenApiParts = ApiParts & { readonly close: () => Promise<void> };

/** Says that the service started, learns the tokens, and starts the projector. */
export const openParts = async (
  config: ApiConfig,
  hub: Hub,
  metrics: Metrics,
  log: RequestLog,
): Promise<OpenApiParts> => {
  await hub.aggregates.decide(
    serviceAggregate,
    subjects.service('api'),
    { type: 'start', data: { service: 'api', run: randomUUID(), version, configuration: config.digest } },
    { actor: 'service:api', correlationId: randomUUID() },
  );
  const tokens = new KnownTokens(hub.log, hub.aggregates, systemClock);
  await tokens.open();
  if (config.adminToken !== undefined) await admitAdministrator(tokens, config.adminToken);
  const projection = new ProjectionMetrics(metrics, log);
  const projector = new Projector(hub.log, config.postgresUrl, projection);
  projector.start();
  observeStanding(metrics, hub, projector);
  const views = new Views(config.postgresUrl);
  const agents = new AgentWatch({ hub, log, metrics, lostAfterMs: config.agentLostAfterMs });
  agents.start();
  const record = await openRecord(config, hub, metrics, log);
  const streams = new EventStreams(hub.log);
  metrics.observed('syncline_event_streams', 'Streams of events that clients hold open.', [], (gauge) =>
    gauge.set(streams.count),
  );
  return {
    ...{ config, hub, metrics, log, tokens, projector, views, streams, record },
    authenticator: new Authenticator(tokens, new AccessMetrics(metrics, new FailedAttempts(systemClock))),
    openApi: new OpenApi(),
    readiness: readinessOf(hub, projector),
    close: async () => {
      streams.close();
      await record.close();
      await Promise.all([agents.close(), tokens.close(), projector.stop(), views.close()]);
    },
  };
};
