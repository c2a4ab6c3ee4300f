import { randomUUID } from 'node:crypto';

import { CommandRefused } from '@syncline/kernel';

import type { KnownTokens } from './known-tokens.js';
import { isTokenText, tokenHash, tokenId } from './token-text.js';

/** Makes the administrator's token of a local start valid, once; a revoked one stays revoked. Throws where it is no token. */
export const admitAdministrator = async (tokens: KnownTokens, text: string): Promise<void> => {
  if (!isTokenText(text)) {
    throw new CommandRefused(
      'token-weak',
      'The file of SYNCLINE_ADMIN_TOKEN_FILE must hold one line of 16 to 200 visible characters.',
    );
  }
  const token = tokenId(text);
  const data = { token, name: 'administrator', role: 'admin', hash: tokenHash(text) } as const;
  const cause = { actor: 'service:api', correlationId: randomUUID() };
  await tokens.decide(`token:${token}`, { type: 'issue', data }, cause);
};
