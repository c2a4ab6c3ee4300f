import { connectHub } from '@syncline/event-store';
import { createLogger, Metrics, runMain, startService, storeMeter } from '@syncline/observability';

import { readConfig } from './config.js';
import { PlannerModule } from './planner.module.js';
import { recordStart } from './service.js';

const start = async (): Promise<void> => {
  const config = readConfig();
  const logger = createLogger('planner', config.logLevel);
  const metrics = new Metrics('planner');
  const hub = await connectHub({
    servers: config.natsUrl,
    credentials: config.natsCredentials,
    service: 'planner',
    stateDir: config.stateDir,
    idKey: config.idKey,
    watchesLog: true,
    meter: storeMeter(metrics, logger),
  });
  await recordStart(hub.aggregates, config);
  const module = PlannerModule.of(config, hub, metrics, logger);
  const { listen } = config;
  await startService({ name: 'planner', module, listen, strategy: hub.strategy, logger, close: hub.close });
};

runMain(createLogger('planner', 'info'), start);
