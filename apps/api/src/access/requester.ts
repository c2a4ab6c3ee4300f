import type { Role } from '@syncline/domain';
import type { Actor } from '@syncline/kernel';

/** Who asks, as its token says. */
export type Requester = {
  /** `person:<id>` or `token:<id>`: whose `ev.access` subject it is. */
  readonly subject: string;
  /** As it stands in events: the subject and how it was proved. */
  readonly actor: Actor;
  readonly token: string;
  readonly role: Role;
};

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Whether a role may do what asks for another: each may do all that the ones below it may. */
export const isAtLeast = (role: Role, wanted: Role): boolean => ranks[role] >= ranks[wanted];

/** The actor of a token: a person where it was issued to one, else the token itself. */
export const requesterOf = (subject: string, token: string, role: Role): Requester => ({
  subject,
  actor: subject.startsWith('person:') ? `${subject};auth=token` : subject,
  token,
  role,
});
