import { connectHub } from '@syncline/event-store';
import { createLogger, Metrics, runMain, startService, storeMeter } from '@syncline/observability';

import { ApiModule } from './api.module.js';
import { readConfig } from './config.js';
import { configureApi } from './configure-api.js';
import { problemOf } from './problems/problem-document.js';
import { openParts } from './start-api.js';

const start = async (): Promise<void> => {
  const config = readConfig();
  const logger = createLogger('api', config.logLevel);
  const metrics = new Metrics('api');
  const { natsUrl: servers, natsCredentials: credentials, stateDir, idKey, peopleKey, provisioner } = config;
  const meter = storeMeter(metrics, logger);
  const keys = { idKey, peopleKey, provisioner };
  const hub = await connectHub({ servers, credentials, service: 'api', stateDir, ...keys, meter });
  const parts = await openParts(config, hub, metrics, logger);
  await startService({
    ...{ name: 'api', module: ApiModule.with(parts), listen: config.listen, strategy: hub.strategy, logger },
    configure: configureApi(parts),
    answerEarly: problemOf,
    close: () => parts.close().then(() => hub.close()),
  });
};

runMain(createLogger('api', 'info'), start);
