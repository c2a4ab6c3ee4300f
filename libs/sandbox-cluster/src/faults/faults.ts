import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import { failure, type Answer } from '../server/answer.js';
import { verbs, type RequestInfo } from './request-info.js';

const fault = z
  .strictObject({
    /** Which requests go wrong; each of them without these. */
    verb: z.enum(verbs).optional(),
    /** `deployments.apps`, `configmaps`. */
    resource: z.string().min(1).optional(),
    /** The beginning of the path, for what is no resource: `/readyz`. */
    path: z.string().startsWith('/').optional(),
    /** Only dry runs, or only what is no dry run. */
    dryRun: z.boolean().optional(),
    /** So long an answer waits. */
    latencyMs: z.number().int().min(0).max(600_000).optional(),
    /**
     * A status; `cut` closes the connection before anything is done, `cut-answer` in the middle of the answer to what was
     * done, and `hang` never answers.
     */
    answer: z.union([z.number().int().min(400).max(599), z.enum(['cut', 'cut-answer', 'hang'])]).optional(),
    /** The header `Retry-After` of a status. */
    retryAfterSeconds: z.number().int().min(0).max(3600).optional(),
    /** How many requests go wrong; all of them without this. */
    times: z.number().int().min(1).optional(),
  })
  .refine(({ latencyMs, answer }) => latencyMs !== undefined || answer !== undefined, {
    error: 'a fault has a latencyMs, an answer, or both',
  })
  .refine(({ answer, retryAfterSeconds }) => retryAfterSeconds === undefined || typeof answer === 'number', {
    error: 'retryAfterSeconds goes with a status as the answer',
  });

/** What is to go wrong, as it was ordered: for trying how a client bears it. */
export type Fault = z.infer<typeof fault>;

/** A fault, and how many requests it met. */
export type OrderedFault = Fault & { readonly met: number };

/** What is to become of a request; undefined where it is carried out as ever. */
export type Mishap = 'cut' | 'cut-answer' | Answer | undefined;

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const answerOf = (code: number, seconds: number | undefined): Answer => {
  const reason = reasons[code];
  const message = 'this fault was ordered from the sandbox';
  const status = failure({ code, message, ...(reason !== undefined && { reason }) });
  return { ...status, ...(seconds !== undefined && { headers: { 'retry-after': String(seconds) } }) };
};

/** The faults that were ordered of one API server. */
export class Faults {
  #ordered: { readonly fault: Fault; met: number }[] = [];
  #replaced = new AbortController();

  /** Replaces what was ordered, and cuts what hangs; answers with what is wrong with the order. */
  order(body: string): { readonly ok: true } | { readonly ok: false; readonly why: string } {
    const read = z.array(fault).safeParse(parsed(body));
    if (!read.success) return { ok: false, why: z.prettifyError(read.error) };
    this.#ordered = read.data.map((one) => ({ fault: one, met: 0 }));
    this.#replaced.abort();
    this.#replaced = new AbortController();
    return { ok: true };
  }

  get ordered(): readonly OrderedFault[] {
    return this.#ordered.map((one) => ({ ...one.fault, met: one.met }));
  }

  /** Waits as was ordered, and says what is to become of a request. The signal ends where nobody waits for its answer. */
  async meet(request: RequestInfo, gone: AbortSignal): Promise<Mishap> {
    const meant = this.#ordered.filter((one) => isMeant(one, request));
    const broken = meant.find((one) => one.fault.answer !== undefined);
    const late = meant.filter((one) => one === broken || one.fault.answer === undefined);
    for (const one of late) one.met += 1;
    const latency = Math.max(0, ...late.map((one) => one.fault.latencyMs ?? 0));
    if (latency > 0) await delay(latency, undefined, { ref: false });
    const { answer, retryAfterSeconds } = broken?.fault ?? {};
    if (answer === 'hang') return this.#hang(gone);
    return typeof answer === 'number' ? answerOf(answer, retryAfterSeconds) : answer;
  }

  #hang(gone: AbortSignal): Promise<'cut'> {
    const over = AbortSignal.any([this.#replaced.signal, gone]);
    return new Promise((resolve) => {
      if (over.aborted) resolve('cut');
      else over.addEventListener('abort', () => resolve('cut'), { once: true });
    });
  }
}

const isMeant = (
  { fault: { verb, resource, path, dryRun, times }, met }: { readonly fault: Fault; readonly met: number },
  request: RequestInfo,
): boolean =>
  (verb ?? request.verb) === request.verb &&
  (resource ?? request.resource) === request.resource &&
  request.path.startsWith(path ?? '') &&
  (dryRun ?? request.isDryRun) === request.isDryRun &&
  met < (times ?? Number.POSITIVE_INFINITY);

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};
