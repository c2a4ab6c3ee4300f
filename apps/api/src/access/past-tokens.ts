import { decodeToken, type AccessEvent } from '@syncline/events';
import { Inject } from '@nestjs/common';
import { Views } from '@syncline/read-models';

import type { KnownToken } from './known-tokens.js';

type Logged = AccessEvent & { readonly subject: string; readonly occurredAt: string };

const issued = (event: Extract<Logged, { type: 'TokenIssued' }>): KnownToken => {
  const { token: id, name, role, expiresAt = null } = event.data;
  const subject = decodeToken(event.subject.slice('ev.access.'.length));
  return { id, name, role, subject, issuedAt: event.occurredAt, expiresAt, revoked: false };
};

/** Bearer tokens as they were at an instant, by what had happened by then. */
export class PastTokens {
  constructor(@Inject(Views) private readonly views: Views) {}

  async at(at: string): Promise<readonly KnownToken[]> {
    const { events } = await this.views.past(at, { types: ['TokenIssued', 'TokenRevoked'] });
    const tokens = new Map<string, KnownToken>();
    for (const event of events as unknown as readonly Logged[]) {
      const known = tokens.get(event.type === 'AccessDenied' ? '' : event.data.token);
      if (event.type === 'TokenIssued') tokens.set(event.data.token, issued(event));
      else if (known) tokens.set(known.id, { ...known, revoked: true });
    }
    return [...tokens.values()];
  }
}
