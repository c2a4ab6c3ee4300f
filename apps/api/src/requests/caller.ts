import { randomUUID } from 'node:crypto';

import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { CommandContext } from '@syncline/kernel';

import type { Requester } from '../access/requester.js';
import { Problem } from '../problems/problem.js';
import { headerOf, type Request } from './http.js';

/** Who asks for a change, as commands and causes carry it. */
export type Caller = CommandContext & { readonly requester: Requester; readonly correlationId: string };

const keyOf = (request: Request): string | undefined => {
  const key = headerOf(request, 'idempotency-key');
  if (key === undefined || /^[\x20-\x7e]{1,200}$/.test(key)) return key;
  throw new Problem(
    400,
    'idempotency-key-malformed',
    'Idempotency-Key must be 1 to 200 visible ASCII characters.',
  );
};

/** The requester that the guard found, with the idempotency key of the request. */
export const CallerOf = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<Request>();
  const { requester } = request;
  if (!requester) throw new TypeError('a route was reached past the guard');
  const idempotencyKey = keyOf(request);
  return {
    requester,
    actor: requester.actor,
    correlationId: randomUUID(),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
});

/** What of a caller travels with a command to another service. */
export const contextOf = ({ actor, correlationId, idempotencyKey }: Caller): CommandContext => ({
  actor,
  correlationId,
  ...(idempotencyKey !== undefined && { idempotencyKey }),
});

/** The route changes something; the same Idempotency-Key decides once. */
export const Writes = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'The same key on the same thing decides once.',
    }),
  );
