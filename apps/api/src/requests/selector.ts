import { z } from 'zod';

/** `name=value` terms, separated by commas, all of which must hold. */
export const selector = z
  .string()
  .max(2_000)
  .refine(
    (text) => text.split(',').every((term) => /^[^=,\s]+=[^=,\s]*$/.test(term)),
    'must be terms such as tier=production,team=shop',
  );

/** Whether every term of a selector holds in one of the sets of labels. */
export const isSelected = (
  text: string,
  ...sets: readonly (Readonly<Record<string, string>> | undefined)[]
): boolean =>
  text.split(',').every((term) => {
    const at = term.indexOf('=');
    const [name, value] = [term.slice(0, at), term.slice(at + 1)];
    return sets.some(
      (labels) => labels !== undefined && Object.hasOwn(labels, name) && labels[name] === value,
    );
  });
