/** The services of an installation, in the order in which they start. */
export const services = ['api', 'git-watcher', 'planner', 'applier'] as const;
export type ServiceName = (typeof services)[number];

/** The applier that runs beside the hub. */
export const hubApplier = 'hub';
