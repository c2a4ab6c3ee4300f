import { z } from 'zod';

import { agentCredentials } from './claims.js';

const own = z.object({
  v: z.literal(1),
  cluster: z.string(),
  server: z.string(),
  seed: z.string(),
  identity: z.string(),
});

/** What an agent joins with: whom it serves, where the log is, who it is there, and the age identity that is its own. */
export type Join = Omit<z.infer<typeof own>, 'v'> & { readonly token: string };

/** What an agent joins with as one word, which is as secret as what is in it: its own part, and the token as it is. */
export const encodeJoin = ({ token, ...rest }: Join): string =>
  `${Buffer.from(JSON.stringify({ v: 1, ...rest })).toString('base64url')}.${token}`;

/** What the word of {@link encodeJoin} holds; undefined where it is not one, or not whole. */
export const decodeJoin = (word: string): Join | undefined => {
  const [first = '', ...token] = word.trim().split('.');
  if (token.length !== 3 || token.includes('')) return undefined;
  try {
    return {
      ...own.parse(JSON.parse(Buffer.from(first, 'base64url').toString())),
      token: token.join('.'),
    };
  } catch {
    return undefined;
  }
};

/** The credentials by which an agent connects to the log. */
export const credentialsOf = ({ token, seed }: Join): string => agentCredentials(token, seed);
