import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import { failure, type Answer } from './answer.js';

const fault = z.strictObject({
  /** So long every answer waits. */
  latencyMs: z.number().int().min(0).max(600_000).optional(),
  /** Which requests go wrong; all of them without these. */
  method: z.string().optional(),
  path: z.string().optional(),
  /** What they are answered with, or that their connection is cut. */
  answer: z.union([z.number().int().min(400).max(599), z.literal('cut')]).optional(),
  /** How many requests go wrong; all of them without this. */
  times: z.number().int().min(1).optional(),
});

/** What is to go wrong, as it was ordered: for trying how a client bears it. */
export type Fault = z.infer<typeof fault>;

/** What is to be done to a request. */
export type Mishap = { readonly cut: true } | { readonly answer: Answer } | undefined;

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The faults that were ordered for one cluster. */
export class Faults {
  #ordered: readonly Fault[] = [];

  /** Replaces what was ordered; answers with what is wrong with the order. */
  order(body: string): { readonly ok: true } | { readonly ok: false; readonly why: string } {
    try {
      const read = z.array(fault).safeParse(JSON.parse(body));
      if (!read.success) return { ok: false, why: z.prettifyError(read.error) };
      this.#ordered = read.data;
      return { ok: true };
    } catch {
      return { ok: false, why: 'the order cannot be read as JSON' };
    }
  }

  get ordered(): readonly Fault[] {
    return this.#ordered;
  }

  /** Waits as was ordered, and answers what else happens to a request. */
  async meet(method: string, path: string): Promise<Mishap> {
    const meant = this.#ordered.filter(
      (one) => (one.method ?? method) === method && path.startsWith(one.path ?? ''),
    );
    const latency = Math.max(0, ...meant.map(({ latencyMs = 0 }) => latencyMs));
    if (latency > 0) await delay(latency);
    const broken = meant.find(({ answer }) => answer !== undefined);
    if (broken?.answer === undefined) return undefined;
    this.#count(broken);
    if (broken.answer === 'cut') return { cut: true };
    const reason = reasons[broken.answer];
    const message = 'this fault was ordered from the sandbox';
    return { answer: failure({ code: broken.answer, message, ...(reason !== undefined && { reason }) }) };
  }

  #count(used: Fault): void {
    if (used.times === undefined) return;
    const left = used.times - 1;
    this.#ordered = this.#ordered.flatMap((one) =>
      one === used ? (left > 0 ? [{ ...one, times: left }] : []) : [one],
    );
  }
}
