import { CommandRefused } from '@syncline/kernel';

/** What `--clusters` may ask for. */
export const clusterChoices = ['auto', 'sandbox', 'real'] as const;
export type ClusterChoice = (typeof clusterChoices)[number];

/** What the local clusters of an installation are. */
export type LocalClusters = Exclude<ClusterChoice, 'auto'>;

/** What a choice of clusters is made from. */
export type ClusterSituation = {
  readonly asked: ClusterChoice;
  /** What the state directory was started with before. */
  readonly kept?: LocalClusters | undefined;
  /** The binaries of real clusters that this machine does not have, and what compiling each takes. */
  readonly missing: readonly { readonly name: string; readonly buildSeconds: number }[];
  readonly state: string;
  /** How to ask for others, as a person would type it. */
  readonly askFor: (kind: LocalClusters) => string;
};

/** A choice of clusters, and the line that says which, why, and how to get the other. */
export type ChosenClusters = { readonly kind: LocalClusters; readonly line: string };

const texts: Record<LocalClusters, string> = {
  sandbox: 'simulated ones of the sandbox',
  real: 'real API servers',
};

const whySandbox = ({ missing }: ClusterSituation): string => {
  const minutes = Math.max(1, Math.round(missing.reduce((sum, one) => sum + one.buildSeconds, 0) / 60));
  const names = missing.map(({ name }) => name).join(', ');
  return `: ${names} of real ones are not on this machine, there is no download of them that could be verified, and compiling them takes about ${minutes} min on two cores`;
};

/** Which clusters, and why as the rest of a sentence. */
const chosenFor = (situation: ClusterSituation): { kind: LocalClusters; why: string } => {
  const { asked, kept, missing } = situation;
  if (kept !== undefined) return { kind: kept, why: ', as at the first start here' };
  if (asked !== 'auto') return { kind: asked, why: ', as asked for' };
  if (missing.length > 0) return { kind: 'sandbox', why: whySandbox(situation) };
  return { kind: 'real', why: ', whose binaries are on this machine' };
};

/**
 * Chooses the local clusters of an installation. A state directory keeps what it was started with: its record is of
 * those clusters. Throws CommandRefused where the other kind is asked for there.
 */
export const chooseClusters = (situation: ClusterSituation): ChosenClusters => {
  const { asked, kept, state, askFor } = situation;
  if (kept !== undefined && asked !== 'auto' && asked !== kept) {
    throw new CommandRefused(
      'other-clusters',
      `The clusters in ${state} are ${texts[kept]}, and everything recorded there is of them. Leave --clusters ${asked} away to go on with them, or take another place for others: ${askFor(asked)}`,
    );
  }
  const { kind, why } = chosenFor(situation);
  const other = kind === 'sandbox' ? 'real' : 'sandbox';
  return {
    kind,
    line: `the clusters are ${texts[kind]}${why}. For ${texts[other]}: ${askFor(other)}`,
  };
};
