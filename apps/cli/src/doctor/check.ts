/** Something that was looked at: where, what was found, and how to mend it where it is wrong. */
export type Check = {
  readonly verdict: 'fine' | 'wrong' | 'unchecked';
  readonly where: string;
  readonly what: string;
  readonly mend?: string;
};

/** Something that is as it should be. */
export const fine = (where: string, what: string): Check => ({ verdict: 'fine', where, what });

/** Something that is wrong, and how to mend it. */
export const wrong = (where: string, what: string, mend: string): Check => ({
  verdict: 'wrong',
  where,
  what,
  mend,
});

/** Something that could not be looked at, and why. */
export const unchecked = (where: string, what: string): Check => ({ verdict: 'unchecked', where, what });

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** What `syncline doctor` prints for people: what is wrong first, each with how to mend it. */
export const doctorText = (checks: readonly Check[]): string => {
  const of = (verdict: Check['verdict']): readonly Check[] => checks.filter((one) => one.verdict === verdict);
  const lines = (['wrong', 'unchecked', 'fine'] as const).flatMap((verdict) =>
    of(verdict).flatMap(({ where, what, mend }) => [
      `${verdict.padEnd(9)}  ${where}: ${what}`,
      ...(mend === undefined ? [] : [`${' '.repeat(11)}→ ${mend}`]),
    ]),
  );
  const bad = of('wrong').length;
  const verdict = bad === 0 ? 'Nothing is wrong' : counted(bad, 'thing is wrong', 'things are wrong');
  const rest = of('unchecked').length;
  const missed = rest === 0 ? '' : `, ${rest} could not be checked`;
  return [...lines, `${verdict}${missed}. ${counted(of('fine').length, 'is', 'are')} fine.`].join('\n');
};
