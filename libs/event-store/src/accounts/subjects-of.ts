/** The subjects of one cluster (an encoded token) in the hub's account, as an applier's account imports them. */
export const clusterSubjects = (token: string) => ({
  /** Services without a stream of answers. */
  services: [
    `ev.cluster.${token}.>`,
    `blob.cluster.${token}.>`,
    `live.cluster.${token}.>`,
    `rpcr.cluster.${token}.>`,
    `$JS.ACK.EVENTS.${historyConsumer(token)}.>`,
    `$JS.API.DIRECT.GET.EVENTS.ev.cluster.${token}.>`,
    `$JS.API.DIRECT.GET.EVENTS.ev.plan.${token}.>`,
    `$JS.API.DIRECT.GET.EVENTS.ev.fleet.${token}`,
    `$JS.API.DIRECT.GET.BLOBS.blob.cluster.${token}.>`,
    `$JS.API.CONSUMER.RESET.EVENTS.${historyConsumer(token)}`,
    `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${historyConsumer(token)}`,
  ],
  streams: [`rpcs.cluster.${token}.>`],
  /** What its consumers deliver. */
  filters: [`ev.plan.${token}.>`, `ev.fleet.${token}`, `ev.cluster.${token}.>`],
});

/** The durable consumer through which an applier follows the clusters that one account of its reaches. */
export const liveConsumer = (account: string): string => `live-${account}`;
/** The consumer that an applier rewinds to read a cluster's history. */
export const historyConsumer = (token: string): string => `history-${token}`;

/** Where a service of the hub says that the log is not the one that it has seen; appliers hear it, and only the hub can say it. */
export const haltSubject = 'live.log.halted';

/** The hub's exports: the same for any number of appliers. `MSG.NEXT` answers with a stream of messages. */
export const hubExports = {
  services: [
    'ev.cluster.*.>',
    'blob.cluster.*.>',
    'live.cluster.*.>',
    'rpcr.cluster.*.>',
    '$JS.ACK.EVENTS.*.>',
    '$JS.API.DIRECT.GET.EVENTS.>',
    '$JS.API.DIRECT.GET.BLOBS.>',
    '$JS.API.DIRECT.GET.KV_served.>',
    '$JS.API.CONSUMER.RESET.EVENTS.*',
  ],
  streamingServices: ['$JS.API.CONSUMER.MSG.NEXT.EVENTS.*'],
  streams: ['rpcs.cluster.*.>', '$KV.served.*', haltSubject],
} as const;

/** What an applier's account imports beside its clusters: its one key of the list of served clusters, and its live consumer. */
export const applierSubjects = ({
  applier,
  account,
}: {
  readonly applier: string;
  readonly account: string;
}) => ({
  services: [
    `$JS.API.DIRECT.GET.KV_served.$KV.served.${applier}`,
    `$JS.ACK.EVENTS.${liveConsumer(account)}.>`,
    `$JS.API.CONSUMER.RESET.EVENTS.${liveConsumer(account)}`,
    `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${liveConsumer(account)}`,
  ],
  streams: [`$KV.served.${applier}`, haltSubject],
});
