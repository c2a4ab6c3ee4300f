import type { JetStreamClient } from '@nats-io/jetstream';

import type { AppendOutcome, NewMessage } from '../message-log.js';
import { Turns } from '../reactions/turns.js';
import { classify, isConflict, isUncertain } from './classify.js';
import type { ConnectionState } from './connection-state.js';
import { Silence } from './silence.js';

/** A leader that is gone answers nobody; what came of an append is then read from the next one. */
const appendTimeoutMs = 2_000;
/** How many decisions of one connection may be on their way into the log. */
export const mostAppends = 256;
/**
 * Appends one decision. A duplicate is a conflict: each attempt has an id of its own, so another decision has used it. What
 * nobody can vouch for is unknown.
 */
const publish = async (js: JetStreamClient, decision: NewMessage): Promise<AppendOutcome> => {
  try {
    const ack = await js.publish(decision.subject, decision.bytes, {
      msgID: decision.id,
      expect: { lastSubjectSequence: decision.expected },
      timeout: appendTimeoutMs,
    });
    return ack.duplicate ? { status: 'conflict' } : { status: 'appended', sequence: ack.seq };
  } catch (error) {
    if (isConflict(error)) return { status: 'conflict' };
    if (isUncertain(error)) return { status: 'unknown' };
    throw classify(error, `append to ${decision.subject}`);
  }
};

/** The appends of one connection: so many at a time, and for how long nobody has answered them. */
export class Appends {
  /** In which decisions are sent; one that is given up makes room. */
  readonly #turns = new Turns(mostAppends, appendTimeoutMs);
  readonly #silence = new Silence();

  constructor(private readonly js: JetStreamClient) {}

  /** How many decisions are on their way. */
  get taken(): number {
    return this.#turns.taken;
  }

  /** For how many seconds the server has taken nothing; undefined where it does, as far as it was tried lately. */
  get refusedFor(): number | undefined {
    return this.#silence.seconds(performance.now());
  }

  async append(decision: NewMessage): Promise<AppendOutcome> {
    const began = performance.now();
    const outcome = await this.#turns.take(() => publish(this.js, decision));
    if (outcome.status === 'appended') this.#silence.end();
    else if (outcome.status === 'unknown') this.#silence.goesOn(began, performance.now());
    return outcome;
  }

  /** Another server may be there now. */
  forget(): void {
    this.#silence.end();
  }
}

type Link = { readonly state: ConnectionState; readonly messages: { readonly appends: Appends } };

/** What is missing of the log's server for work, in sentences. */
export const lackOfServer = (servers: string, links: readonly Link[]): readonly string[] => {
  if (links.some(({ state }) => !state.connected)) return [`nats-server at ${servers} does not answer`];
  const refusedFor = Math.max(0, ...links.map(({ messages }) => messages.appends.refusedFor ?? 0));
  return refusedFor === 0
    ? []
    : [`nats-server at ${servers} has taken nothing for ${refusedFor} s; look at its disk and its log`];
};
