import type { Fault, Validation } from './validation.js';

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** One error as a line that editors and terminals can follow. */
export const faultLine = ({ file, line, reason }: Fault): string =>
  `${file}:${line}  ${/[.?!)]$/.test(reason) ? reason : `${reason}.`}`;

/** What `syncline validate` prints for people. */
export const validationText = ({ applications, elsewhere, renderings, errors }: Validation): string => {
  if (errors.length > 0)
    return [...errors.map(faultLine), `${counted(errors.length, 'error')}. Nothing was changed.`].join('\n');
  const objects = renderings.reduce((sum, one) => sum + one.objects, 0);
  const what = applications.length > 0 ? `${counted(applications.length, 'application')}, ` : '';
  const valid = `Valid: ${what}${counted(renderings.length, 'rendering')}, ${counted(objects, 'object')}. Nothing was changed.`;
  return [valid, ...elsewhere.map((chart) => `Not rendered: ${chart} lies elsewhere.`)].join('\n');
};
