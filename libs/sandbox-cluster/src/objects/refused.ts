import type { Refusal, StatusCause } from '../ownership/operations.js';

/** Which object, or resource, an answer is about: `details` of a Status. `kind` is the plural, as the real server has it. */
export type About = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
};

/** A request that is answered with a Status of failure. */
export class Refused extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly about: About = {},
  ) {
    super(refusal.message);
  }
}

/** The Status object that says why (meta/v1). */
export const statusOf = ({ refusal, about }: Refused): object => {
  const { code, reason, message, causes } = refusal;
  const details = { ...about, ...(causes && { causes }) };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(Object.keys(details).length > 0 && { details }),
    code,
  };
};

export const badRequest = (message: string): Refused =>
  new Refused({ code: 400, reason: 'BadRequest', message });

/** What only a real cluster does: answered by name, so that nobody takes the sandbox for one. */
export const notImplemented = (call: string): Refused =>
  new Refused({
    code: 501,
    reason: 'NotImplemented',
    message: `${call}: this is the sandbox of Syncline, which simulates the few calls that a delivery needs; a real cluster does this one`,
  });

/** A version that is no longer known. */
export const expired = (message: string): Refused => new Refused({ code: 410, reason: 'Expired', message });

type Kind = { readonly group: string; readonly plural: string; readonly kind: string };

const qualified = (name: string, group: string): string => (group === '' ? name : `${name}.${group}`);
const aboutOf = ({ group, plural }: Kind, name: string): About => ({
  name,
  ...(group !== '' && { group }),
  kind: plural,
});

export const notFound = (kind: Kind, name: string): Refused =>
  new Refused(
    {
      code: 404,
      reason: 'NotFound',
      message: `${qualified(kind.plural, kind.group)} ${JSON.stringify(name)} not found`,
    },
    aboutOf(kind, name),
  );

export const alreadyExists = (kind: Kind, name: string): Refused =>
  new Refused(
    {
      code: 409,
      reason: 'AlreadyExists',
      message: `${qualified(kind.plural, kind.group)} ${JSON.stringify(name)} already exists`,
    },
    aboutOf(kind, name),
  );

export const conflict = (kind: Kind, name: string, why: string): Refused =>
  new Refused(
    {
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on ${qualified(kind.plural, kind.group)} ${JSON.stringify(name)}: ${why}`,
    },
    aboutOf(kind, name),
  );

export const staleVersion = (kind: Kind, name: string): Refused =>
  conflict(
    kind,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const invalid = (kind: Kind, name: string, causes: readonly Required<StatusCause>[]): Refused => {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const said = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  const message = `${qualified(kind.kind, kind.group)} ${JSON.stringify(name)} is invalid: ${said}`;
  return new Refused(
    { code: 422, reason: 'Invalid', message, causes },
    { ...aboutOf(kind, name), kind: kind.kind },
  );
};

/** Refuses what the pure rules refuse, about this object. */
export const refusedAbout = (kind: Kind, name: string, refusal: Refusal): Refused =>
  new Refused(refusal, refusal.reason === undefined ? {} : aboutOf(kind, name));
