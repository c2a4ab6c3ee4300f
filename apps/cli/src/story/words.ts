/** A revision as people say it: seven digits. */
export const short = (revision: string): string => revision.slice(0, 7);

/** The first line of a commit message. */
export const headline = (message: string): string => message.split('\n', 1)[0] ?? '';

/** `1 object`, `2 objects`. */
export const count = (many: number, noun: string): string => `${many} ${noun}${many === 1 ? '' : 's'}`;

const participles: Readonly<Record<string, string>> = {
  create: 'created',
  configure: 'configured',
  unchanged: 'unchanged',
  replace: 'replaced',
  adopt: 'adopted',
  takeover: 'taken over',
  prune: 'pruned',
};

/** What a plan will have done, without what it leaves alone: `2 configured, 1 pruned`. */
export const countActions = (actions: Readonly<Record<string, number>>): string => {
  const parts = Object.entries(actions)
    .filter(([action, many]) => many > 0 && action !== 'unchanged')
    .map(([action, many]) => `${many} ${participles[action] ?? action}`);
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
};

/** Who approved: `rule automatic`, `person 3f2a…`. */
export const approver = (by: string): string => {
  const [kind, ...rest] = by.split(':');
  const name = rest.join(':');
  return name.length > 40 ? `${kind ?? ''} ${name.slice(0, 8)}` : `${kind ?? ''} ${name}`;
};

/** `Deployment checkout/web` */
export const objectText = (object: {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}): string => `${object.kind} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name}`;
