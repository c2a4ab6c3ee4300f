import { Controller, Get, Header, Inject, Res } from '@nestjs/common';

import { Metrics } from './metrics.js';

/** Tells what a service lacks for work, in sentences; none means ready. */
export type Readiness = () => Promise<readonly string[]> | readonly string[];
/** Injection token of {@link Readiness}. */
export const Readiness = Symbol('Readiness');

type Reply = { status(code: number): Reply; send(body: unknown): unknown };

/** What whoever runs the service asks it: is it alive, what does it lack, how is it doing. */
@Controller()
export class HealthController {
  #ending = false;

  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** From now on the service is alive and not ready. */
  end(): void {
    this.#ending = true;
  }

  @Get('healthz')
  alive(): { status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(@Res() reply: Reply): Promise<void> {
    const missing = this.#ending ? ['the service is shutting down'] : await this.readiness();
    reply.status(missing.length === 0 ? 200 : 503).send({ ready: missing.length === 0, missing });
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4')
  show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
