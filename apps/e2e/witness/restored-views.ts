import { folderStore, restoreArchive } from '@syncline/archive';
import { LogRestore } from '@syncline/event-store';
import { Projector } from '@syncline/read-models';
import { eventually, startLog, startPostgresServer } from '@syncline/testkit';
import { Client } from 'pg';

import { rowsOfViews } from '../platform/views.js';

/** Restores an archive into a log that has nothing, makes the views of it, and gives every row of them. */
export const restoredRows = async (
  archive: string,
): Promise<{ readonly size: number; readonly rows: Readonly<Record<string, readonly string[]>> }> => {
  const [log, postgres] = await Promise.all([startLog(), startPostgresServer()]);
  const client = new Client({ connectionString: postgres.url });
  try {
    const place = { servers: log.url, credentials: log.installation.credentials.bootstrap! };
    const { size } = await restoreArchive(
      { store: folderStore(archive), open: (name) => LogRestore.open(place, name) },
      (target) => target.close(),
    );
    const hub = await log.hub('api');
    const projector = new Projector(hub.log, postgres.url);
    projector.start();
    await eventually(
      () => projector.away === undefined && projector.sequence >= size,
      60_000,
      'views of the restored log',
    );
    await client.connect();
    const rows = await rowsOfViews(client, size);
    await projector.stop();
    return { size, rows };
  } finally {
    await client.end();
    await log.stop();
    await postgres.stop();
  }
};
