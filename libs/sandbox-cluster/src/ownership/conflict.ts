import { pathsOf, type FieldSet } from './field-set.js';
import type { Manager } from './managers.js';
import type { Refusal, StatusCause } from './operations.js';
import { showPath } from './path-element.js';

/** Fields that an apply would change although another manager owns them. */
export type Conflict = { readonly with: Manager; readonly fields: FieldSet };

const whose = ({ name, operation, apiVersion, subresource }: Manager): string =>
  [
    JSON.stringify(name),
    ...(subresource === '' ? [] : [`with subresource ${JSON.stringify(subresource)}`]),
    ...(operation === 'Update' ? [`using ${apiVersion}`] : []),
  ].join(' ');

/** The answer to an apply that others' ownership stops. */
export const conflictRefusal = (conflicts: readonly Conflict[]): Refusal => {
  const each = conflicts
    .map((one) => ({ who: whose(one.with), paths: pathsOf(one.fields).map(showPath) }))
    .sort((a, b) => (a.who < b.who ? -1 : 1));
  const causes = each.flatMap(({ who, paths }) =>
    paths.map((field): StatusCause => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  );
  const [only] = causes;
  const listed = each.map(({ who, paths }) =>
    [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)].join('\n'),
  );
  const message =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message ?? ''}: ${only.field ?? ''}`
      : `Apply failed with ${causes.length} conflicts: ${listed.join('\n')}`;
  return { code: 409, reason: 'Conflict', message, causes };
};
