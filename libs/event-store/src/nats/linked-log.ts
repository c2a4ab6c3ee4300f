import { encodeToken } from '@syncline/events';
import type { BlobStore, ClusterAnswers, Live, LogFilter, LogMessage, SignsOfLife } from '@syncline/kernel';

import type { TailOf } from '../log-tail.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';
import type { AgentLinks } from './agent-links.js';
import { clusterOf } from './agent-message-log.js';

/** The log as an applier sees it over all of its connections: each cluster's subjects by the one that reaches the cluster. */
export class LinkedLog implements MessageLog {
  constructor(private readonly links: AgentLinks) {}

  append(message: NewMessage): Promise<AppendOutcome> {
    return this.#of(message.subject).append(message);
  }

  read(subject: string, after: number): Promise<readonly LogMessage[]> {
    return this.#of(subject).read(subject, after);
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return this.#of(subject).last(subject);
  }

  /** What is shown of a subject's cluster. */
  readonly tailOf: TailOf = (subject) => this.#of(subject).tailOf(subject);

  message(): Promise<LogMessage | undefined> {
    return this.links.own.messages.message();
  }

  lastSequence(): Promise<number> {
    return this.links.own.messages.lastSequence();
  }

  subjects(filter: string): Promise<readonly string[]> {
    return this.#of(filter).subjects(filter);
  }

  /** One cluster after the other. */
  async *scan(filter: LogFilter): AsyncIterable<LogMessage> {
    for (const token of new Set((filter.subjects ?? []).map(clusterOf))) {
      const subjects = (filter.subjects ?? []).filter((subject) => clusterOf(subject) === token);
      yield* this.links.of(token).messages.scan({ ...filter, subjects });
    }
  }

  async *scanInBatches(filter: LogFilter): AsyncIterable<readonly LogMessage[]> {
    for await (const message of this.scan(filter)) yield [message];
  }

  follow(): AsyncIterable<LogMessage> {
    return this.links.own.messages.follow();
  }

  #of(subject: string) {
    return this.links.of(clusterOf(subject)).messages;
  }
}

/** What an applier keeps and fetches, each by the connection that reaches the cluster; it has no other blobs. */
export const linkedBlobs = (links: AgentLinks): BlobStore => {
  const of = (owner: string): BlobStore => links.of(owner.slice('cluster.'.length)).blobs;
  return {
    put: (owner, bytes, mediaType) => of(owner).put(owner, bytes, mediaType),
    get: (owner, digest) => of(owner).get(owner, digest),
  };
};

/** What an applier answers, each cluster's calls by the connection that reaches it. */
export const linkedAnswers = (links: AgentLinks): ClusterAnswers => ({
  serve: async (cluster, method, handler) =>
    (await links.reach(cluster)).answers.serve(cluster, method, handler),
});

/** What an applier says of its clusters' agents. */
export const linkedSigns = (links: AgentLinks): Pick<SignsOfLife, 'say'> => ({
  say: (cluster) => links.of(encodeToken(cluster)).signs.say(cluster),
});

/** What an applier shows in passing: `live.cluster.<cluster>.…`, by the connection that reaches the cluster. */
export const linkedLive = (links: AgentLinks): Live => ({
  publish: (subject, payload) => {
    const [, token = ''] = subject.split('.');
    links.of(token).nc.publish(`live.${subject}`, JSON.stringify(payload));
  },
});
