import { connectAgent } from '@syncline/event-store';
import { createLogger, Metrics, runMain, startService, storeMeter } from '@syncline/observability';

import { ApplierModule } from './applier.module.js';
import { readConfig } from './config.js';

const start = async (): Promise<void> => {
  const config = readConfig();
  const logger = createLogger('applier', config.logLevel);
  const metrics = new Metrics('applier');
  const agent = await connectAgent({
    servers: config.natsUrl,
    credentials: config.natsCredentials,
    applier: config.applier,
    idKey: config.idKey,
    meter: storeMeter(metrics, logger),
  });
  const module = await ApplierModule.of(config, agent, metrics, logger);
  const { listen } = config;
  await startService({
    name: 'applier',
    module,
    listen,
    strategy: agent.strategy,
    logger,
    close: agent.close,
  });
};

runMain(createLogger('applier', 'info'), start);
