import { join } from 'node:path';

import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import { subjects } from '@syncline/events';
import { systemClock } from '@syncline/kernel';

import type { ProvisionerKeys } from '../accounts/installation.js';
import { cutCalls } from '../cut-calls.js';
import { EventStoreError } from '../event-store-error.js';
import { DecodedEventLog } from '../decoded-event-log.js';
import { reportTo, type Hub, type StoreMeter } from '../hub.js';
import { LogTail, type TailOf } from '../log-tail.js';
import type { Patience } from '../reactions/attempts.js';
import { LoggedAggregates } from '../logged-aggregates.js';
import { JetStreamStrategy } from '../reactions/jetstream-strategy.js';
import { blobsStream, mostConsumers, mostUnacknowledged, verifyStreams } from '../streams.js';
import { Accounts } from './accounts.js';
import { lackOfServer, mostAppends } from './appends.js';
import { NatsBlobStore } from './blobs.js';
import { classify } from './classify.js';
import { ConnectionState } from './connection-state.js';
import { once, openConnection, verifyServer } from './connection.js';
import type { ConsumerLink } from './consumer-source.js';
import { CurrentReads } from './current-reads.js';
import { GuardedLog } from './guarded-log.js';
import { Halts } from './halts.js';
import { HubMessageLog } from './hub-message-log.js';
import { HubRuntime } from './hub-runtime.js';
import { KvPeople, KvSnapshots } from './key-value.js';
import { LogSpace } from './log-space.js';
import { RememberedPosition } from './remembered-position.js';
import { refuseUnfinished, restoredUpTo } from './restored-mark.js';
import { NatsClusterCalls, NatsCommands } from './requests.js';
import { ProvisionedClusters } from './served-clusters.js';
import { natsSigns } from './signs.js';

/** After a reconnect nothing is written until the log is verified, and a leader that is gone answers nobody. */
const againMs = 1_500;
const seeCheckpointMs = 20_000;

/** How a hub service reaches the log. Keys are raw bytes; `stateDir` keeps what it has seen of the log. */
export type HubOptions = {
  readonly servers: string;
  readonly credentials: string;
  readonly service: string;
  readonly stateDir: string;
  readonly idKey: Uint8Array;
  readonly peopleKey?: Uint8Array;
  readonly provisioner?: ProvisionerKeys;
  /** Has the log shown to this process as it grows, so that its reactions need not ask whether what they remember is current. */
  readonly watchesLog?: boolean;
  readonly meter?: StoreMeter;
  /** How often a failing event is tried before its subject is parked. */
  readonly patience?: Patience;
};

/**
 * Connects a service of the hub and verifies server, streams and remembered position before anything is written.
 * Throws EventStoreError with a sentence where the log is not what it must be.
 */
export const connectHub = async (options: HubOptions): Promise<Hub> => {
  const nc = await openConnection({
    servers: options.servers,
    credentials: options.credentials,
    name: options.service,
    onWait: (isConnected) => options.meter?.connected?.(isConnected, options.servers),
  });
  try {
    return await assemble(nc, options);
  } catch (error) {
    await nc.close();
    throw error;
  }
};

const guard = async (nc: NatsConnection, { servers, service, stateDir, meter }: HubOptions) => {
  const [js, jsm] = [jetstream(nc), await jetstreamManager(nc, { checkAPI: false })];
  const state = new ConnectionState(nc, (isConnected) => meter?.connected?.(isConnected, servers));
  const reads = new CurrentReads(jsm, state);
  const messages = new HubMessageLog(js, jsm, state, reads);
  const remembered = new RememberedPosition(join(stateDir, 'log-position.json'), (sequence) =>
    messages.message(sequence),
  );
  const quick = await jetstreamManager(nc, { checkAPI: false, timeout: againMs });
  const verify = async (manager = jsm): Promise<void> => {
    verifyServer(nc);
    const found = await verifyStreams(manager);
    refuseUnfinished(found);
    state.restored = { upTo: restoredUpTo(found) };
    await remembered.verify({
      lastSequence: () => messages.lastSequence(),
      message: (sequence) => messages.message(sequence),
    });
  };
  const space = new LogSpace(jsm, meter?.logFilled);
  const halts = new Halts(nc, service);
  await verify().catch(async (error: unknown) => {
    const failure = classify(error, 'verify the log');
    // This service ends; those that did not see what it saw must not write over it.
    if (failure.code === 'log-lost-positions') await sayOnce(nc, halts, failure);
    throw failure;
  });
  await space.watch();
  meter?.bounded?.('consumers', mostConsumers, () => space.consumers);
  meter?.bounded?.('appends', mostAppends, () => messages.appends.taken);
  const log = new GuardedLog(messages, remembered, space, (failure, isOurs) => {
    meter?.halted?.(failure);
    if (isOurs) halts.say(failure);
  });
  halts.hear((failure) => log.stopFor(failure));
  state.onReturn(() => log.verifyAgain(() => verify(quick)));
  const blobs = new NatsBlobStore(js, jsm, async (subject) => {
    return (await reads.find(blobsStream, { last_by_subj: subject }))?.bytes;
  });
  // What a service remembers of the log is not long before the newest checkpoint, however little it reads itself.
  const seeCheckpoint = (): void => void log.last(subjects.log()).catch(() => undefined);
  const seeing = setInterval(seeCheckpoint, seeCheckpointMs).unref();
  const stop = (): void => {
    clearInterval(seeing);
    space.stop();
    halts.stop();
  };
  return { js, jsm, messages, log, blobs, state, remembered, stop };
};

const sayOnce = async (nc: NatsConnection, halts: Halts, failure: EventStoreError): Promise<void> => {
  halts.say(failure);
  halts.stop();
  await nc.flush();
};

/** What keeps a service from working with the log, in sentences. */
const missingOf =
  (
    { servers, stateDir }: HubOptions,
    { state, messages, log, remembered }: Awaited<ReturnType<typeof guard>>,
  ): Hub['missing'] =>
  () => [
    ...lackOfServer(servers, [{ state, messages }]),
    ...(log.halted ? [log.halted.message] : []),
    ...(remembered.failure === undefined ? [] : [`the position in the log cannot be kept in ${stateDir}`]),
  ];

const otherLog = (reason: string): EventStoreError =>
  new EventStoreError(
    'log-lost-positions',
    `the log is not the one that was seen: ${reason}. Nothing is written any more: stop everything, restore the log, and start again`,
  );

/** The tail of the whole log, shown until the signal. */
const watchedTail = (messages: HubMessageLog, signal: AbortSignal): TailOf => {
  const tail = new LogTail();
  void messages.showTo(tail, signal);
  return () => tail;
};

const assemble = async (nc: NatsConnection, options: HubOptions): Promise<Hub> => {
  const { service, servers, idKey, meter } = options;
  const guarded = await guard(nc, options);
  const { js, jsm, messages, log, blobs, state, remembered } = guarded;
  const stopping = new AbortController();
  const kvm = new Kvm(js);
  const open = (name: string) => kvm.open(name, { bindOnly: true, allow_direct: true });
  const [snapshots, people, served] = [await open('snapshots'), await open('people'), await open('served')];
  const aggregates = new LoggedAggregates({
    log,
    snapshots: new KvSnapshots(snapshots),
    clock: systemClock,
    source: `/syncline/${service}`,
    idKey,
    ...(options.watchesLog === true && { tailOf: watchedTail(messages, stopping.signal) }),
    ...(meter && { report: meter }),
  });
  const events = new DecodedEventLog(log);
  const onDelivered: ConsumerLink['onDelivered'] = (message) => aggregates.hear(message);
  const runtime = new HubRuntime(service, { nc, js, state, onDelivered }, jsm, {
    log: events,
    parking: { service, subject: subjects.service(service), aggregates },
    isConnected: () => state.connected,
    ...(options.patience && { patience: options.patience }),
    report: reportTo(meter),
  });
  meter?.bounded?.('unacknowledged', mostUnacknowledged, () => runtime.held);
  return {
    aggregates,
    log: events,
    blobs,
    commands: new NatsCommands(nc),
    clusterCalls: cutCalls(new NatsClusterCalls(nc), runtime.stopping),
    servedClusters: new ProvisionedClusters(nc, jsm, served, new Accounts(options.provisioner, servers)),
    signs: natsSigns(nc, state),
    people: new KvPeople(people, options.peopleKey ?? idKey),
    live: { publish: (subject, payload) => nc.publish(`live.${subject}`, JSON.stringify(payload)) },
    strategy: new JetStreamStrategy(runtime),
    missing: missingOf(options, guarded),
    stopWriting: (reason) => log.halt(otherLog(reason)),
    onReturn: (listen) => void state.onReturn(listen),
    close: once(async () => {
      guarded.stop();
      stopping.abort();
      await runtime.stop();
      await remembered.settled();
      await state.close();
    }),
  };
};
