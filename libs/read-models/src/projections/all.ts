import type { Projection } from '../projecting/projection.js';
import type { AnyTable } from '../tables/table.js';
import { applicationsProjection } from './applications.js';
import { clustersProjection } from './clusters.js';
import { deploymentsProjection } from './deployments.js';
import { driftsProjection } from './drifts.js';
import { eventsProjection } from './events.js';
import { plansProjection } from './plans.js';
import { repositoriesProjection } from './repositories.js';
import { servicesProjection } from './services.js';
import { targetsProjection } from './targets.js';

/** Every projection, in the order in which they see an event: plans reads what targets keeps. */
export const projections: readonly Projection[] = [
  eventsProjection,
  repositoriesProjection,
  applicationsProjection,
  clustersProjection,
  targetsProjection,
  plansProjection,
  deploymentsProjection,
  driftsProjection,
  servicesProjection,
];

/** Every table that projections write. */
export const projectedTables: readonly AnyTable[] = projections.flatMap((projection) => projection.tables);
