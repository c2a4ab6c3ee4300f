import type { StoredEvent } from '@syncline/kernel';

type Data = Readonly<Record<string, unknown>>;

const dataOf = (event: StoredEvent): Data => event.data as Data;
const endings = new Set(['ApplySucceeded', 'ApplyFailed', 'ApplyErrored', 'ApplyAborted', 'PlanFoundStale']);
const answers = new Set(['PlanDrafted', 'PlanUnchanged', 'PlanHeld', 'RenderFailed']);
const voids = new Set(['PlanSuperseded', 'PlanInvalidated', 'PlanRejected']);

const planSubjectOf = (targetSubject: string): string => {
  const [, , cluster, , project, application] = targetSubject.split('.');
  return ['ev', 'plan', cluster, project, application].join('.');
};

/** Every apply is of a plan that was approved, and not made void, at the sequence of its plan subject that it names. */
const unapproved = (events: readonly StoredEvent[]): readonly string[] =>
  events
    .filter(({ type }) => type === 'ApplyStarted')
    .flatMap((started) => {
      const { plan, fence } = dataOf(started);
      const before = events.filter(
        (one) =>
          one.subject === planSubjectOf(started.subject) &&
          one.position.sequence <= (fence as number) &&
          dataOf(one).plan === plan,
      );
      const isApproved = before.some(({ type }) => type === 'PlanApproved');
      const isVoid = before.some(({ type }) => voids.has(type));
      return isApproved && !isVoid
        ? []
        : [
            `${started.subject}: ApplyStarted of ${String(plan)} at ${String(fence)}, which was not approved then`,
          ];
    });

/** Every attempt ends, and none begins while another of its target is open. */
const openAttempts = (events: readonly StoredEvent[]): readonly string[] => {
  const open = new Map<string, unknown>();
  const broken: string[] = [];
  for (const event of events) {
    const { attempt } = dataOf(event);
    if (event.type === 'ApplyStarted') {
      if (open.has(event.subject)) broken.push(`${event.subject}: two attempts are open at once`);
      open.set(event.subject, attempt);
    } else if (endings.has(event.type) && open.get(event.subject) === attempt) open.delete(event.subject);
  }
  return [...broken, ...[...open.keys()].map((subject) => `${subject}: an attempt never ended`)];
};

/** Every request to plan is answered, or made void by a newer one. */
const unanswered = (events: readonly StoredEvent[]): readonly string[] => {
  const asked = new Set<string>();
  for (const { type, subject } of events) {
    if (type === 'PlanRequested') asked.add(subject);
    else if (answers.has(type)) asked.delete(subject);
  }
  return [...asked].map((subject) => `${subject}: a request was never answered`);
};

const repeatedIds = (events: readonly StoredEvent[]): readonly string[] => {
  const ids = events.map(({ id }) => id);
  return ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `the event ${id} is there twice`);
};

/** What a deployment must not have done, whatever was killed in the middle of it; empty where it did nothing of it. */
export const brokenRules = (events: readonly StoredEvent[]): readonly string[] => [
  ...unapproved(events),
  ...openAttempts(events),
  ...unanswered(events),
  ...repeatedIds(events),
];
