import { parseTargetSubject } from '@syncline/events';

import type { LogEvent } from '../client/contract.js';
import { textOf } from './event-text.js';

/** One line of a change's story: when, what, and on which clusters. */
export type Step = { readonly at: string; readonly text: string; readonly clusters: readonly string[] };

/** Steps between the ones that people ask for; `-o json` has them all. */
const passedOver = new Set([
  'PlanRequested', 'WaveOpened', 'ApplyStarted', 'ObjectsApplied', 'RolloutStarted', 'WaveCompleted',
]); // prettier-ignore

type Open = { at: string; text: string; clusters: string[]; type: string };

const seconds = (from: string, to: string): string => ((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1);

/** What happened at one cluster becomes part of an earlier step that says the same, or of the apply it ends. */
const addTargetStep = (steps: Open[], event: LogEvent, cluster: string): void => {
  const applied = steps.findLast((step) => step.type === 'ApplySucceeded' && step.clusters.includes(cluster));
  if (event.type === 'HealthTransitioned' && event.data.to === 'Current' && applied) {
    applied.clusters = applied.clusters.filter((one) => one !== cluster);
    const text = `${textOfApplied(applied)}, Current ${seconds(applied.at, event.time)} s later`;
    steps.splice(steps.indexOf(applied) + 1, 0, {
      at: applied.at,
      text,
      clusters: [cluster],
      type: 'Current',
    });
    return;
  }
  if (event.type === 'HealthTransitioned' && event.data.to === 'InProgress') return;
  const text = textOf(event);
  const same = steps.findLast((step) => step.type === event.type && step.text === text);
  if (same && !same.clusters.includes(cluster)) same.clusters.push(cluster);
  else steps.push({ at: event.time, text, clusters: [cluster], type: event.type });
};

const textOfApplied = ({ text }: Open): string => text.replace(/ [0-9a-f]{7}$/, '');

/** The events of one change as a story: commit to healthy, each step once with the clusters that it concerns. */
export const storyOf = (events: readonly LogEvent[]): readonly Step[] => {
  const steps: Open[] = [];
  for (const event of events) {
    if (passedOver.has(event.type)) continue;
    const target = parseTargetSubject(event.subject);
    if (target) addTargetStep(steps, event, target.cluster);
    else steps.push({ at: event.time, text: textOf(event), clusters: [], type: event.type });
  }
  return steps
    .filter((step) => step.clusters.length > 0 || !parseTargetType(step.type))
    .map(({ at, text, clusters }) => ({ at, text, clusters }));
};

/** Whether only targets have steps of this type; one without clusters has been taken up by another step. */
const parseTargetType = (type: string): boolean => type === 'ApplySucceeded';
