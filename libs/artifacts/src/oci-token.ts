import { z } from 'zod';

import { ArtifactError } from './artifact-error.js';
import { ask, refusalOf, type Access } from './http.js';
import type { Limits } from './limits.js';

type Asking = { readonly access: Access; readonly limits: Limits; readonly signal: AbortSignal };

const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** The parameters of a challenge (RFC 9110 section 11.6.1). */
const parametersOf = (challenge: string): ReadonlyMap<string, string> =>
  new Map(
    [...challenge.matchAll(/([A-Za-z][\w-]*)\s*=\s*"([^"]*)"/g)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      value,
    ]),
  );

const realmOf = (parameters: ReadonlyMap<string, string>, { access }: Asking): URL => {
  const realm = parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) throw new ArtifactError('refused', 'the registry names no place to get a token');
  const url = new URL(realm);
  for (const name of ['service', 'scope']) {
    const value = parameters.get(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  if (url.protocol !== 'https:' && url.origin !== access.origin)
    throw new ArtifactError(
      'refused',
      `the registry sends us to ${url.host} for a token, without encryption`,
    );
  return url;
};

const readToken = (host: string, body: Uint8Array): string => {
  try {
    const { token, access_token } = tokenAnswer.parse(JSON.parse(new TextDecoder().decode(body)));
    const found = token ?? access_token;
    if (found !== undefined) return found;
  } catch (cause) {
    throw new ArtifactError('corrupt', `${host} answers with no token`, cause);
  }
  throw new ArtifactError('corrupt', `${host} answers with no token`);
};

/**
 * The authorization that a registry asks for by its challenge: a token from the place that it names, got with the credential
 * (distribution's token specification), or the credential itself. Undefined where there is nothing to show.
 */
export const authorize = async (challenge: string, asking: Asking): Promise<string | undefined> => {
  const { access, limits, signal } = asking;
  if (!/^bearer\b/i.test(challenge)) return access.authorization;
  const url = realmOf(parametersOf(challenge), asking);
  // The registry vouches for the place where its tokens are given out, as every client takes it.
  const realmAccess = { ...access, origin: url.origin };
  const answer = await ask({ url, access: realmAccess, mostBytes: limits.manifestBytes, limits, signal });
  const refusal = refusalOf(answer.status, `a token of ${url.host}`);
  if (refusal) throw refusal;
  return `Bearer ${readToken(url.host, answer.body)}`;
};
