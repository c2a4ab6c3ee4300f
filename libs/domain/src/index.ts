export { serviceAggregate } from './service/service.js';
export type { ServiceCommand, ServiceState } from './service/service.js';
export { accessAggregate } from './access/access.js';
export type { AccessCommand, AccessState, Role } from './access/access.js';
export { fleetAggregate } from './fleet/fleet.js';
export type { FleetCommand, FleetState } from './fleet/fleet.js';
