import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from '@syncline/domain';

import { Problem } from '../problems/problem.js';
import type { Reply, Request } from '../requests/http.js';
import { allowedRole } from './allows.js';
import { Authenticator, isOpen } from './authenticator.js';
import { Denials } from './denials.js';
import { isAtLeast, type Requester } from './requester.js';

/** Every route asks for a token and a role, but those of health. Deny by default. */
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(Denials) private readonly denials: Denials,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (context.getType() !== 'http' || isOpen(request)) return true;
    const requester = request.requester ?? this.authenticator.identify(request);
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

  #deny(requester: Requester, operation: string, wanted: Role | undefined): never {
    const reason =
      wanted === undefined
        ? 'the route is open to nobody'
        : `the role ${requester.role} may not do what asks for ${wanted}`;
    this.denials.add(requester, operation, reason);
    throw new Problem(403, 'forbidden', `${operation} is denied: ${reason}.`);
  }
}
