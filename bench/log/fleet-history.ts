import { createHash } from 'node:crypto';

import { story } from '@syncline/testkit';

/** How large the fleet of a history is: deployments go around over its targets. */
export type HistoryFleet = { readonly clusters: number; readonly applications: number };
const usual: HistoryFleet = { clusters: 20, applications: 400 };
/** When a history began (milliseconds); each of its messages happened a second after the one before. */
export const historyBegan = Date.parse('2026-05-04T14:31:00.000Z');
/** Every so often, a message of a later version of Syncline stands in the log. */
export const unknownEvery = 50_000;

/** One message of a history, as it is published. */
export type HistoryMessage = { readonly subject: string; readonly bytes: Buffer; readonly events: number };

type Template = { readonly subject: string; readonly text: string; readonly events: number };

/** Where the story names something that differs between two deployments, in an order in which none hides another. */
const named: readonly (readonly [RegExp, string])[] = [
  // The story's commit message holds what Postgres cannot store; few do.
  [/\\u0000\\ud800/g, ''],
  [/"time":"[^"]+"/g, '"time":"<time>"'],
  [/prod-eu/g, '<cluster>'],
  [/try-(\d{4})/g, 'try-$1-<deployment>'],
  [/checkout/g, '<application>'],
  [/"r-(\d)"/g, '"r-<deployment>-$1"'],
  [/"c-(\d)"/g, '"c-<deployment>-$1"'],
  [/a{40}/g, '<revision-a>'],
  [/b{40}/g, '<revision-b>'],
  [/1{64}/g, '<plan-a>'],
  [/2{64}/g, '<plan-b>'],
  [/"id":"\d+\.(\d)"/g, '"id":"<sequence>.$1"'],
];

const templates: readonly Template[] = story.wholeStory.map((decision, at) => {
  const mark = (text: string): string => named.reduce((so, [what, by]) => so.replace(what, by), text);
  const text = mark(Buffer.from(story.bytesOf(decision, at + 1)).toString());
  return { subject: mark(decision.subject), text, events: decision.events.length };
});

const sha = (algorithm: 'sha1' | 'sha256', text: string): string =>
  createHash(algorithm).update(text).digest('hex');

const namesOf = (
  deployment: number,
  { clusters, applications }: HistoryFleet,
): Readonly<Record<string, string>> => ({
  cluster: `cluster-${deployment % clusters}`,
  application: `application-${deployment % applications}`,
  deployment: String(deployment),
  'revision-a': sha('sha1', `a${deployment}`),
  'revision-b': sha('sha1', `b${deployment}`),
  'plan-a': sha('sha256', `a${deployment}`),
  'plan-b': sha('sha256', `b${deployment}`),
});

const filled = (text: string, names: Readonly<Record<string, string>>): string =>
  text.replace(/<([a-z-]+)>/g, (_, name: string) => names[name] ?? '');

const unknown = (sequence: number): HistoryMessage => ({
  subject: 'ev.app.default.later',
  bytes: Buffer.from(
    JSON.stringify([
      { specversion: '1.0', id: `${sequence}.0`, type: 'TargetTeleported', source: '/syncline/later', subject: 'ev.app.default.later',
        time: '2026-05-04T14:31:07Z', dataschema: 'syncline:TargetTeleported:1', datacontenttype: 'application/json', data: {},
        correlationid: 'c', actor: 'service:planner' },
    ]),
  ), // prettier-ignore
  events: 1,
});

/**
 * The story of two revisions of one application (from a push to healthy, one of them approved by a person, its cluster
 * lost in between) told again for deployment after deployment over a fleet, until there are so many events.
 */
export function* fleetHistory(events: number, fleet: HistoryFleet = usual): Generator<HistoryMessage> {
  let written = 0;
  let sequence = 0;
  for (let deployment = 0; ; deployment += 1) {
    const names = namesOf(deployment, fleet);
    for (const template of templates) {
      sequence += 1;
      const isUnknown = sequence % unknownEvery === 0;
      const time = new Date(historyBegan + sequence * 1_000).toISOString();
      const all = { ...names, sequence: String(sequence), time };
      const message = isUnknown
        ? unknown(sequence)
        : {
            subject: filled(template.subject, all),
            bytes: Buffer.from(filled(template.text, all)),
            events: template.events,
          };
      yield message;
      written += message.events;
      if (written >= events) return;
    }
  }
}
