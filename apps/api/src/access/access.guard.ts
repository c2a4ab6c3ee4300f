import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from '@syncline/domain';
import { HealthController } from '@syncline/observability';

import { Problem } from '../problems/problem.js';
import { headerOf, type Reply, type Request } from '../requests/http.js';
import { AccessMetrics } from './access-metrics.js';
import { allowedRole } from './allows.js';
import { Denials } from './denials.js';
import { KnownTokens } from './known-tokens.js';
import { isAtLeast, type Requester } from './requester.js';
import { isTokenText } from './token-text.js';

const challenge = { 'www-authenticate': 'Bearer realm="syncline"' };
/** A browser can show the documentation: it asks its user for a token as a password. Nothing else takes it so. */
const readable: ReadonlySet<string> = new Set(['/docs', '/openapi.json']);

/** The bearer token of a request, or the password of Basic authentication where a page is only read. */
const tokenOf = (request: Request): string | undefined => {
  const [scheme = '', value = ''] = (headerOf(request, 'authorization') ?? '').split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  const isReadable = request.method === 'GET' && readable.has(request.routeOptions?.url ?? '');
  if (scheme.toLowerCase() !== 'basic' || !isReadable) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
};

/** Every route asks for a token and a role, but those of health. Deny by default. */
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(KnownTokens) private readonly tokens: KnownTokens,
    @Inject(AccessMetrics) private readonly metrics: AccessMetrics,
    @Inject(Denials) private readonly denials: Denials,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || context.getClass() === HealthController) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const requester = this.#identify(request);
    const operation = `${request.method} ${request.routeOptions?.url ?? '-'}`;
    const wanted = this.reflector.getAllAndOverride<Role | undefined>(allowedRole, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (wanted === undefined || !isAtLeast(requester.role, wanted)) this.#deny(requester, operation, wanted);
    request.requester = requester;
    context.switchToHttp().getResponse<Reply>().header('cache-control', 'no-store');
    return true;
  }

  #identify(request: Request): Requester {
    const text = tokenOf(request);
    const requester = text !== undefined && isTokenText(text) ? this.tokens.find(text) : undefined;
    if (requester) return requester;
    this.metrics.anonymous(text === undefined ? 'missing' : 'unknown');
    const waitSeconds = this.metrics.attempts.add(request.ip);
    if (waitSeconds !== undefined) {
      throw new Problem(429, 'too-many-attempts', `Too many failed attempts. Try again in ${waitSeconds} s.`, {
        'retry-after': String(waitSeconds),
      });
    }
    const isPage = readable.has(request.routeOptions?.url ?? '');
    throw new Problem(
      401,
      'unauthenticated',
      'This needs a bearer token that is valid. A local start keeps one in .syncline/token; an administrator makes more.',
      isPage ? { 'www-authenticate': 'Basic realm="syncline: the token as password", charset="UTF-8"' } : challenge,
    );
  }

  #deny(requester: Requester, operation: string, wanted: Role | undefined): never {
    const reason =
      wanted === undefined
        ? 'the route is open to nobody'
        : `the role ${requester.role} may not do what asks for ${wanted}`;
    this.denials.add(requester, operation, reason);
    throw new Problem(403, 'forbidden', `${operation} is denied: ${reason}.`);
  }
}
