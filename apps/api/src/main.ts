import { connectHub } from '@syncline/event-store';
import { createLogger, Metrics, runMain, startService } from '@syncline/observability';

import { ApiModule } from './api.module.js';
import { readConfig } from './config.js';
import { configureApi } from './configure-api.js';
import { problemOf } from './problems/problem-document.js';
import { openParts } from './start-api.js';

const config = readConfig();
const logger = createLogger('api', config.logLevel);

runMain(logger, async () => {
  const metrics = new Metrics('api');
  const { natsUrl: servers, natsCredentials: credentials, stateDir, idKey, peopleKey, provisioner } = config;
  const meter = { appended: (seconds: number) => metrics.appendSeconds.observe(seconds) };
  const connection = { servers, credentials, service: 'api', stateDir, idKey, peopleKey, provisioner, meter };
  const hub = await connectHub(connection);
  const parts = await openParts(config, hub, metrics, logger);
  return startService({
    ...{ name: 'api', module: ApiModule.with(parts), listen: config.listen, strategy: hub.strategy, logger },
    configure: configureApi(parts),
    answerEarly: problemOf,
    close: () => parts.close().then(() => hub.close()),
  });
});
