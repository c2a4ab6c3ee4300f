/** The hub's services, each a NATS user of its own. */
export const hubServices = ['git-watcher', 'planner', 'api'] as const;
export type HubService = (typeof hubServices)[number];

const own: Record<HubService, readonly string[]> = {
  'git-watcher': ['ev.repo.>', 'ev.registry.>', 'blob.hub.>'],
  planner: [
    'ev.config.>',
    'ev.app.>',
    'ev.plan.>',
    'ev.restore.>',
    'blob.>',
    'rpcs.cluster.>',
    'rpcr.cluster.>',
  ],
  api: [
    'ev.fleet.>',
    'ev.access.>',
    'ev.log',
    'blob.>',
    'cmd.>',
    'rpcs.cluster.>',
    'rpcr.cluster.>',
    '$KV.served.>',
  ],
};

/**
 * What a hub service may publish: its own subjects, and reading the log. Streams can be made, changed and cut by the
 * bootstrap credential alone.
 */
export const permissionsOf = (service: HubService) => ({
  pub: {
    allow: [
      ...own[service],
      `ev.service.${service}`,
      'live.>',
      '_INBOX.>',
      '$JS.ACK.>',
      '$KV.snapshots.>',
      '$KV.people.>',
      '$JS.API.INFO',
      '$JS.API.STREAM.INFO.*',
      '$JS.API.STREAM.NAMES',
      '$JS.API.STREAM.MSG.GET.*',
      '$JS.API.DIRECT.GET.>',
      '$JS.API.CONSUMER.CREATE.EVENTS',
      '$JS.API.CONSUMER.CREATE.EVENTS.>',
      '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.>',
      '$JS.API.CONSUMER.CREATE.KV_people.>',
      '$JS.API.CONSUMER.INFO.>',
      '$JS.API.CONSUMER.MSG.NEXT.>',
      '$JS.API.CONSUMER.RESET.EVENTS.*',
      '$JS.API.CONSUMER.DELETE.EVENTS.>',
    ],
  },
  sub: {
    allow: [
      `cmd.${service}.>`,
      '_INBOX.>',
      'live.>',
      ...(service === 'git-watcher' ? [] : ['rpcr.cluster.>']),
    ],
  },
});
