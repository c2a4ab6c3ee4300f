import { Problem } from '../problems/problem.js';
import { headerOf, type Request } from '../requests/http.js';
import type { AccessMetrics } from './access-metrics.js';
import type { KnownTokens } from './known-tokens.js';
import type { Requester } from './requester.js';
import { isTokenText } from './token-text.js';

const challenge = 'Bearer realm="syncline"';
const pageChallenge = 'Basic realm="syncline: the token as password", charset="UTF-8"';
/** A browser can show the documentation: it asks its user for a token as a password. Nothing else takes it so. */
const readable: ReadonlySet<string> = new Set(['/docs', '/openapi.json']);
/** What whoever runs the service asks it; it says nothing about the fleet. */
const open: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const isReadable = ({ method, routeOptions }: Request): boolean =>
  method === 'GET' && readable.has(routeOptions?.url ?? '');

/** Whether a route answers without credentials. */
export const isOpen = ({ routeOptions }: Request): boolean => open.has(routeOptions?.url ?? '');

/** The bearer token of a request, or the password of Basic authentication where a page is only read. */
const tokenOf = (request: Request): string | undefined => {
  const [scheme = '', value = ''] = (headerOf(request, 'authorization') ?? '').split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic' || !isReadable(request)) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
};

/** Finds out who asks. */
export class Authenticator {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly metrics: AccessMetrics,
  ) {}

  /** The requester. Throws 401 where there is no valid token, and 429 after too many such attempts from one address. */
  identify(request: Request): Requester {
    const text = tokenOf(request);
    const requester = text !== undefined && isTokenText(text) ? this.tokens.find(text) : undefined;
    if (requester) return requester;
    this.metrics.anonymous(text === undefined ? 'missing' : 'unknown');
    const waitSeconds = text === undefined ? undefined : this.metrics.attempts.add(request.ip);
    if (waitSeconds !== undefined) {
      throw new Problem(
        429,
        'too-many-attempts',
        `Too many attempts with tokens that are not valid. Try again in ${waitSeconds} s.`,
        { 'retry-after': String(waitSeconds) },
      );
    }
    throw new Problem(
      401,
      'unauthenticated',
      'This needs a bearer token that is valid. A local start keeps one in .syncline/token; an administrator makes more.',
      { 'www-authenticate': isReadable(request) ? pageChallenge : challenge },
    );
  }
}
