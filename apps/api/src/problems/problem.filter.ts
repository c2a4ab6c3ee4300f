import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';

import { Log, type RequestLog } from '../requests/log.js';
import type { Reply, Request } from '../requests/http.js';
import { problemOf } from './problem-document.js';

/** Turns whatever is thrown into problem details. What is our own fault is logged with its cause. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(Log) private readonly log: RequestLog) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<Reply>();
    const { method, routeOptions } = http.getRequest<Request>();
    const { status, headers, body } = problemOf(error);
    if (status >= 500 && body.code !== 'views-unavailable') {
      this.log.error({ err: error, route: `${method} ${routeOptions?.url ?? '-'}` }, body.detail);
    }
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    reply.status(status).headers(headers).send(body);
  }
}
