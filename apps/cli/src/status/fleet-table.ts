import type { Fleet, Target } from '../client/contract.js';
import { ago } from '../shell/durations.js';
import { paintWord, tableText } from '../shell/formats.js';
import { short } from '../story/words.js';

type Screen = { readonly now: Date; readonly colour: boolean };

const revisionOf = ({ revision, desiredRevision }: Target): string => {
  const from = revision === null ? '' : short(revision);
  if (desiredRevision === null || desiredRevision === revision) return from;
  return from === '' ? `→ ${short(desiredRevision)}` : `${from} → ${short(desiredRevision)}`;
};

/** What to know of a target that is not as it should be, and what to do next. */
const noteOf = ({ sync, health, message, application, cluster }: Target): string => {
  const told = message ?? '';
  if (sync === 'AwaitingApproval') {
    const next = `syncline plan ${application} --cluster ${cluster}`;
    return told === '' ? next : `${told}; ${next}`;
  }
  return sync === 'InSync' && health === 'Current' ? '' : told;
};

/** The name of an application, with its project where the name alone is not unique. */
export const applicationNames = (
  all: readonly { readonly project: string; readonly application: string }[],
): ((one: { readonly project: string; readonly application: string }) => string) => {
  const projects = new Map<string, Set<string>>();
  for (const { project, application } of all) {
    projects.set(application, (projects.get(application) ?? new Set()).add(project));
  }
  return ({ project, application }) =>
    (projects.get(application)?.size ?? 0) > 1 ? `${project}/${application}` : application;
};

const head = ['APPLICATION', 'CLUSTER', 'REVISION', 'SYNC', 'HEALTH', 'SINCE', ''];

/** Targets as people read them: a row each, with what to do next. */
export const targetTable = (targets: readonly Target[], { now, colour }: Screen): string => {
  const nameOf = applicationNames(targets);
  const rows = targets.map((target) => [
    nameOf(target),
    target.cluster,
    revisionOf(target),
    paintWord(target.sync, colour),
    paintWord(target.health, colour),
    ago(target.since, now),
    noteOf(target),
  ]);
  return tableText(head, rows);
};

/** The fleet as people read it: its targets, and one line that sums it up. */
export const fleetTable = ({ targets, position }: Fleet, screen: Screen): string => {
  if (targets.length === 0) return `No application is placed on a cluster yet. Log position ${position}.`;
  const inSync = targets.filter(({ sync }) => sync === 'InSync').length;
  return `${targetTable(targets, screen)}\n${inSync} of ${targets.length} in sync. Log position ${position}.`;
};

/** A target as `status -o json` gives it. */
export const targetRecord = ({ project, application, cluster, ...rest }: Target) => ({
  project,
  application,
  cluster,
  revision: rest.revision,
  desiredRevision: rest.desiredRevision,
  plan: rest.plan,
  sync: rest.sync,
  health: rest.health,
  since: rest.since,
  ...(typeof rest.message === 'string' && { message: rest.message }),
});
