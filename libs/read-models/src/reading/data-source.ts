import { DataSource, type EntitySchema } from 'typeorm';

import { AsOf1700000000006 } from '../migrations/0006-as-of.js';
import { Delivery1700000000007 } from '../migrations/0007-delivery.js';
import { Drifts1700000000005 } from '../migrations/0005-drifts.js';
import { DriftView1700000000003 } from '../migrations/0003-drift-view.js';
import { Pause1700000000004 } from '../migrations/0004-pause.js';
import { Replay1700000000008 } from '../migrations/0008-replay.js';
import { DriftAsOf1700000000009 } from '../migrations/0009-drift-as-of.js';
import { SqlViews1700000000002 } from '../migrations/0002-sql-views.js';
import { Tables1700000000001 } from '../migrations/0001-tables.js';
import { projectedTables } from '../projections/all.js';
import { projectionTable, unreadableTable } from '../tables/bookkeeping.js';
import { driftView } from './drifts.js';
import { fleetStateView } from './fleet-state.js';

/** Where the views lie. A rebuild fills the shadow and then gives it this name. */
export const viewsSchema = 'syncline';
export const shadowSchema = 'syncline_shadow';
/** Where the tables lie that a rebuild replaced, until they have been compared with the new ones. */
export const retiredSchema = 'syncline_retired';

const entities: readonly EntitySchema[] = [
  ...[projectionTable, unreadableTable, ...projectedTables].map((table) => table.entity),
  fleetStateView,
  driftView,
];

/** A source of the views in one schema; unqualified names resolve to it. Never synchronised: migrations alone make tables. */
export const viewsSource = (url: string, schema: string): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    schema,
    entities: [...entities],
    migrations: [
      Tables1700000000001,
      SqlViews1700000000002,
      DriftView1700000000003,
      Pause1700000000004,
      Drifts1700000000005,
      AsOf1700000000006,
      Delivery1700000000007,
      Replay1700000000008,
      DriftAsOf1700000000009,
    ],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'all',
    synchronize: false,
    logging: false,
    poolSize: schema === viewsSchema ? 10 : 1,
    connectTimeoutMS: 5_000,
    extra: {
      options: `-c search_path=${schema}`,
      application_name: 'syncline-views',
      statement_timeout: 30_000,
    },
    poolErrorHandler: () => undefined,
  });
