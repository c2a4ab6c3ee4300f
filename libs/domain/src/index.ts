export { serviceAggregate } from './service/service.js';
export type { ServiceCommand, ServiceState } from './service/service.js';
