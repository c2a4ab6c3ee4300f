import type { Difference, ShadowReport } from './shadow-lines.js';

const listedFields = 5;

const typesOf = (events: Difference['recorded']): string => events.map(({ type }) => type).join(', ');

/** What was recorded and what is decided today, in one phrase. */
const whatDiffers = ({ kind, recorded, now, fields, reason = '' }: Difference): string => {
  const isBare = recorded.length === 0;
  switch (kind) {
    case 'fails':
      return `${isBare ? 'nothing was recorded' : `${typesOf(recorded)} was recorded`}, and today the planner fails: ${reason}`;
    case 'no-longer':
      return `${typesOf(recorded)} was recorded, and today nothing is decided`;
    case 'only-now':
      return `nothing was recorded, and today it is ${typesOf(now)}`;
    case 'other': {
      const more = fields.length > listedFields ? ` and ${fields.length - listedFields} more` : '';
      const isSameTypes = typesOf(recorded) === typesOf(now);
      const others = isSameTypes ? `another ${typesOf(now)}` : typesOf(now);
      return `${typesOf(recorded)} was recorded, and today it is ${others}; they differ at ${fields.slice(0, listedFields).join(', ')}${more}`;
    }
    default:
      return kind satisfies never;
  }
};

/** A decision that differs, as a sentence. */
export const differenceLine = (one: Difference): string => {
  const { cause, subject, position } = one;
  const where = position === undefined ? 'No decision' : `Decision ${position}`;
  const after = cause ? `after ${cause.type} at ${cause.position}` : 'as it was asked for';
  return `${where} on ${subject}, ${after}: ${whatDiffers(one)}.`;
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** What the whole comparison came to. */
export const reportText = (report: ShadowReport): string => {
  const { messages, decisions, same, different, forPersons, byTheClock, openAtTheEnd, notReplayed } = report;
  const missing = Object.entries(notReplayed).map(
    ([what, count]) =>
      `${counted(count, 'decision')} could not be made again: the file does not hold ${what}.`,
  );
  return [
    `${counted(messages, 'message')} with ${counted(decisions, 'decision')} of the planner: ${same} are made so today, ${different === 0 ? 'none differs' : `${different} ${different === 1 ? 'differs' : 'differ'}`}.`,
    ...missing,
    `Persons asked for ${forPersons} of them, and ${byTheClock} came after a wait. What files rendered to and clusters answered is believed as it was recorded.`,
    ...(openAtTheEnd > 0
      ? [`${counted(openAtTheEnd, 'decision')} would follow after the end of the file.`]
      : []),
  ].join('\n');
};
