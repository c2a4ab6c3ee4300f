import {
  applyDecorators, Inject, SetMetadata, type CallHandler, type ExecutionContext, type NestInterceptor,
} from '@nestjs/common'; // prettier-ignore
import { Reflector } from '@nestjs/core';
import { ApiQuery } from '@nestjs/swagger';
import { formatPosition, parsePosition } from '@syncline/kernel';
import { Projector, ViewsError } from '@syncline/read-models';
import { map, type Observable } from 'rxjs';

import { Problem } from '../problems/problem.js';
import type { Reply, Request } from './http.js';

const mark = 'syncline:reads-views';
const noPastMark = 'syncline:no-past';
const patienceMs = 5_000;
const header = 'syncline-position';

/** What a route that reads the views can answer: also as of an instant (`at`), or why it has no past. */
type Reading = { readonly past: boolean | string };

/** The route reads the views: `at-least` waits until they hold a position, `syncline-position` says what they hold. */
export const ReadsViews = ({ past }: Reading = { past: false }): MethodDecorator =>
  applyDecorators(
    SetMetadata(mark, { past } satisfies Reading),
    ApiQuery({
      name: 'at-least',
      required: false,
      schema: { type: 'string' },
      description: 'A position that a write gave; waits up to 5 s for the views to hold it.',
    }),
  );

/** The route has no past, and says why where it is asked for one. It reads no views. */
export const HasNoPast = (why: string): MethodDecorator => SetMetadata(noPastMark, why);

/** The route answers as of an instant from the views, and of now without them. */
export const AnswersPast = (): MethodDecorator => SetMetadata(noPastMark, true);

const wantedOf = (request: Request): number | undefined => {
  const text = request.query['at-least'];
  if (text === undefined) return undefined;
  const position = typeof text === 'string' ? parsePosition(text) : undefined;
  if (position) return position.sequence;
  throw new Problem(400, 'position-malformed', 'at-least must be a position as the API gave it.');
};

/** What a route cannot answer as of then it does not answer as of now. */
const refusePast = (request: Request, { past }: Reading): void => {
  if (past === true || request.query.at === undefined) return;
  const why = past === false ? 'It says what is so now.' : past;
  throw new Problem(422, 'no-past', `This cannot be answered as of an instant. ${why}`);
};

/** A look at anything else is of now too; what a write is given beside its body it does not read. */
const refuseRead = (request: Request, why: string | true | undefined): void => {
  if (request.method === 'GET') refusePast(request, { past: why ?? false });
};

/** Waits for positions and says them. */
export class PositionInterceptor implements NestInterceptor {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Projector) private readonly projector: Projector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const reply = context.switchToHttp().getResponse<Reply>();
    const reading = this.reflector.get<Reading | undefined>(mark, context.getHandler());
    if (reading) {
      refusePast(context.switchToHttp().getRequest<Request>(), reading);
      await this.#wait(wantedOf(context.switchToHttp().getRequest<Request>()));
      reply.header(header, formatPosition(this.projector.position));
      return next.handle();
    }
    const why = this.reflector.get<string | true | undefined>(noPastMark, context.getHandler());
    refuseRead(context.switchToHttp().getRequest<Request>(), why);
    return next.handle().pipe(
      map((body: unknown) => {
        if (
          typeof body === 'object' &&
          body !== null &&
          'position' in body &&
          typeof body.position === 'string'
        ) {
          reply.header(header, body.position);
        }
        return body;
      }),
    );
  }

  async #wait(sequence: number | undefined): Promise<void> {
    const { away } = this.projector;
    if (away !== undefined && sequence === undefined) {
      throw new ViewsError('The views are away; they come back by themselves. Writes go on meanwhile.');
    }
    if (sequence === undefined || (await this.projector.waitFor(sequence, patienceMs))) return;
    throw new Problem(503, 'views-behind', `The views do not hold position ${sequence} yet. Ask again.`, {
      'retry-after': '1',
    });
  }
}
