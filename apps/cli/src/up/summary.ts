import { paint } from '../shell/formats.js';
import { fleetTable } from '../status/fleet-table.js';
import type { LocalClusters } from './cluster-choice.js';
import type { CommandText } from './command-text.js';
import type { FleetOutcome } from './fleet-health.js';

/** What the last screen of a start shows. */
export type Summary = {
  readonly outcome: FleetOutcome;
  readonly apiUrl: string;
  readonly tokenFile: string;
  readonly cloneUrl?: string;
  /** What the clusters are, where they were made here. */
  readonly clusters?: LocalClusters;
  readonly detached: boolean;
  /** How commands are to be written so that they find this installation. */
  readonly command: CommandText;
};

const clusterTexts: Record<LocalClusters, string> = {
  real: 'The clusters are real API servers with simulated nodes: no container runs.',
  sandbox:
    'The clusters are simulated: the sandbox answers in memory as an API server does. No Kubernetes runs, and no container.',
};

const verdictText = (
  { verdict, pending, fleet: { targets } }: FleetOutcome,
  command: CommandText,
): string => {
  if (verdict === 'healthy') return `The fleet is healthy: ${targets.length} targets in sync.`;
  if (pending !== undefined && verdict === 'at-rest')
    return `The fleet is at rest: ${pending.replace(/\.$/, '')}. It goes on once that is mended.`;
  if (verdict === 'at-rest') return 'The fleet is at rest, but not healthy: see the last column.';
  return `The fleet is not healthy yet. It goes on; ${command('status --watch')} shows how.`;
};

const tries = ({ cloneUrl, outcome, command }: Summary): readonly string[] => {
  const application = outcome.fleet.targets[0]?.application ?? 'APPLICATION';
  const push =
    cloneUrl === undefined
      ? []
      : [`git clone ${cloneUrl} && cd fleet`, 'change a number of replicas, commit, git push'];
  return [...push, command('status --watch'), command(`history ${application}`)];
};

/** The table, the addresses, and what to try next. */
export const summaryText = (
  summary: Summary,
  screen: { readonly now: Date; readonly colour: boolean },
): string => {
  const { outcome, apiUrl, tokenFile, cloneUrl, clusters, detached, command } = summary;
  const bold = (text: string): string => paint(text, 'bold', screen.colour);
  return [
    '',
    fleetTable(outcome.fleet, screen),
    '',
    bold(verdictText(outcome, command)),
    ...(clusters ? [clusterTexts[clusters]] : []),
    '',
    `API         ${apiUrl}  (documentation: ${apiUrl}/docs, token: ${tokenFile})`,
    ...(cloneUrl === undefined ? [] : [`Repository  ${cloneUrl}`]),
    '',
    'Try:',
    ...tries(summary).map((line) => `  ${line}`),
    '',
    detached
      ? `It runs in the background. ${command('down')} stops it.`
      : 'Ctrl-C stops it. What happens is told below.',
  ].join('\n');
};
