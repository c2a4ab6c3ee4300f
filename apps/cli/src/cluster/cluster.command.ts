import { CommandRefused } from '@syncline/kernel';
import { Option, type Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { cluster, listOf, written, type Cluster } from '../client/contract.js';
import { ago } from '../shell/durations.js';
import { paintWord, tableText } from '../shell/formats.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { addLeaf, collectLabels } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import type { AgentOptions } from './add-agent.js';
import { extractContext } from './kubeconfig-context.js';
import { registerCluster } from './register-cluster.js';
import { simulatedLines } from './simulated.js';

type AddOptions = CommonOptions & {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly applier: string;
} & AgentOptions;

const pathOf = (name: string): string => `/v1/clusters/${encodeURIComponent(name)}`;

const add = async (surroundings: Surroundings, name: string, options: AddOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  if (options.agent === true) return (await import('./add-agent.js')).addAgent(session, name, options);
  if (options.kubeconfig === undefined)
    throw new CommandRefused(
      'usage',
      'Give --kubeconfig FILE where this machine reaches the cluster, or --agent where it does not.',
    );
  const kubeconfig = await extractContext(options.kubeconfig, options.context);
  const registration = { cluster: name, labels: options.label ?? {}, kubeconfig, applier: options.applier };
  const position = await registerCluster(await session.api(), registration);
  session.show(
    { cluster: name, position },
    () => `Cluster ${name} is registered. syncline cluster list shows whether it answers.`,
  );
};

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

const rowOf = (one: Cluster, { now, colour }: Surroundings): readonly string[] => [
  one.cluster,
  labelsText(one.labels),
  one.applier,
  paintWord(one.state, colour),
  one.kubernetesVersion ?? '',
  ago(one.since, now()),
  one.state === 'Connected' ? '' : (one.reason ?? ''),
];

const list = async (surroundings: Surroundings, options: CommonOptions & AsOf): Promise<void> => {
  const session = openSession(surroundings, options);
  const path = pathAt('/v1/clusters', options, surroundings);
  const { items } = await (await session.api()).get(path, listOf(cluster));
  session.show({ clusters: items }, () =>
    items.length === 0
      ? 'No cluster is registered. syncline cluster add registers one.'
      : [
          tableText(
            ['CLUSTER', 'LABELS', 'APPLIER', 'STATE', 'KUBERNETES', 'SINCE', ''],
            items.map((one) => rowOf(one, surroundings)),
          ),
          ...simulatedLines(items),
        ].join('\n'),
  );
};

const remove = async (surroundings: Surroundings, name: string, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  await (await session.api()).delete(pathOf(name));
  session.show(
    { cluster: name },
    () => `Cluster ${name} no longer belongs to the fleet. What runs there stays as it is.`,
  );
};

/** The labels after `name=value` sets one and `name-` takes one away, as kubectl reads them. */
export const changeLabels = (
  before: Readonly<Record<string, string>>,
  changes: readonly string[],
): Record<string, string> => {
  const labels = new Map(Object.entries(before));
  for (const change of changes) {
    const set = /^([^=]+)=(.*)$/.exec(change);
    if (set) labels.set(set[1] ?? '', set[2] ?? '');
    else if (/^[^=]+-$/.test(change)) labels.delete(change.slice(0, -1));
    else
      throw new CommandRefused(
        'usage',
        `${change} changes no label: give name=value to set one, name- to take one away.`,
      );
  }
  return Object.fromEntries(labels);
};

const relabel = async (
  api: ApiClient,
  name: string,
  changes: readonly string[],
): Promise<Record<string, string>> => {
  const before = await api.get(pathOf(name), cluster);
  const labels = changeLabels(before.labels, changes);
  await api.post('/v1/clusters', { cluster: name, labels, applier: before.applier }, written);
  return labels;
};

const label = async (
  surroundings: Surroundings,
  name: string,
  changes: readonly string[],
  options: CommonOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const labels = await relabel(await session.api(), name, changes);
  session.show(
    { cluster: name, labels },
    () => `Cluster ${name} is labelled ${labelsText(labels) || 'with nothing'}.`,
  );
};

/** `syncline cluster` */
export const addCluster = (program: Command, surroundings: Surroundings): void => {
  const group = program.command('cluster').description('Register and look at the clusters of the fleet.');
  addLeaf(group, {
    usage: 'add <name>',
    about:
      'Register a cluster, or change its registration. Its kubeconfig is sealed before it leaves this machine; with --agent it is not needed here.',
    examples: [
      'syncline cluster add factory --agent --manifest --server nats://hub.example.com:4222 | kubectl apply -f -',
      'syncline cluster add factory --agent --server nats://hub.example.com:4222 --label site=factory',
      'syncline cluster add prod-eu --kubeconfig ~/.kube/config --context prod-eu --label env=prod --label region=eu',
    ],
  })
    .option('--kubeconfig <file>', 'the kubeconfig to take a context from')
    .option('--context <name>', 'the context (the current one by default)')
    .option('--label <name=value>', 'a label; may be given again', collectLabels)
    .option('--applier <name>', 'the applier that reaches it', 'hub')
    .addOption(
      new Option('--agent', 'print the command for an agent beside the cluster').conflicts([
        'kubeconfig',
        'context',
      ]),
    )
    .option('--manifest', 'with --agent: print objects for kubectl that run it inside the cluster')
    .option('--image <image>', 'with --manifest: the image of Syncline', 'syncline:0.1.0')
    .option('--server <url>', 'where the agent reaches the log (the address that the API knows by default)')
    .action((name: string, options: AddOptions) => add(surroundings, name, options));
  const lists = addLeaf(group, {
    usage: 'list',
    about: 'List the clusters and whether they answer.',
    examples: ['syncline cluster list', 'syncline cluster list --at "2h ago"'],
  });
  addAt(lists).action((options: CommonOptions & AsOf) => list(surroundings, options));
  addLeaf(group, {
    usage: 'remove <name>',
    about: 'Take a cluster out of the fleet. What runs there stays.',
    examples: ['syncline cluster remove prod-eu'],
  }).action((name: string, options: CommonOptions) => remove(surroundings, name, options));
  addLeaf(group, {
    usage: 'label <name> <changes...>',
    about: 'Set labels (name=value) or take them away (name-).',
    examples: ['syncline cluster label prod-eu wave=canary', 'syncline cluster label prod-eu wave-'],
  }).action((name: string, changes: string[], options: CommonOptions) =>
    label(surroundings, name, changes, options),
  );
};
