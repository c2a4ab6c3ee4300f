import type { Benchmark } from '../benchmark.ts';
import { atRest } from './at-rest.ts';
import { hundredApplications } from './hundred-applications.ts';
import { Installation } from './installation.ts';
import { tenObjects, writeTen } from './ten-objects.ts';

/** What the whole product takes from a push to the cluster. */
export const benchmark: Benchmark = {
  name: 'delivery',
  about: 'from push to applied on a real cluster, and at rest, beside bare fetches and applies',
  atMostMinutes: 12,
  run: async ({ dir, say }) => {
    say('starting a cluster and the product');
    const installation = await Installation.start(dir, (one) => writeTen(one, 0));
    try {
      say('ten objects, again and again');
      const ten = await tenObjects(installation);
      say('a hundred applications of four objects');
      const hundred = await hundredApplications(installation);
      say('a minute at rest');
      return [...ten, ...hundred, ...(await atRest(installation))];
    } finally {
      await installation.stop();
    }
  },
};
