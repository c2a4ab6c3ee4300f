import { connectHub } from '@syncline/event-store';
import { verifyGit } from '@syncline/git';
import { createLogger, Metrics, runMain, startService, storeMeter } from '@syncline/observability';

import { readConfig } from './config.js';
import { GitWatcherModule } from './git-watcher.module.js';
import { recordStart, serviceName } from './service.js';

const start = async (): Promise<void> => {
  const config = readConfig();
  const logger = createLogger(serviceName, config.logLevel);
  const metrics = new Metrics(serviceName);
  await verifyGit();
  const hub = await connectHub({
    servers: config.natsUrl,
    credentials: config.natsCredentials,
    service: serviceName,
    stateDir: config.stateDir,
    idKey: config.idKey,
    peopleKey: config.peopleKey,
    meter: storeMeter(metrics, logger),
  });
  await recordStart(hub.aggregates, config);
  const module = GitWatcherModule.of(config, hub, metrics, logger);
  const { listen } = config;
  await startService({ name: serviceName, module, listen, strategy: hub.strategy, logger, close: hub.close });
};

runMain(createLogger(serviceName, 'info'), start);
