import { repositoryAggregate } from '@syncline/domain';
import { subjects, type HostKey } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { fingerprintOf, GitError, scanHostKeys } from '@syncline/git';
import { Aggregates, CommandRefused, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { PollSchedule } from '../polling/poll-schedule.js';
import { causeOfCommand, loadRegistered } from './registered.js';

/** A host key as people compare it. */
export type ShownKey = { readonly type: string; readonly fingerprint: string };

/** The keys that a repository's host shows now, and those that are trusted. */
export type ShownKeys = {
  readonly repository: string;
  readonly shown: readonly ShownKey[];
  readonly trusted: readonly ShownKey[];
};

const named = z.object({ repository: z.string().min(1) });
const confirmed = named.extend({ fingerprints: z.array(z.string()).min(1).max(20) });

const shownKey = (key: HostKey): ShownKey => ({ type: key.type, fingerprint: fingerprintOf(key) });

/** Which keys of an SSH host are believed: shown to whoever asks, and recorded once somebody compared them. */
@Controller()
export class TrustHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
  ) {}

  /** `cmd.git-watcher.host-keys`: changes nothing. */
  @AnswersCommand('host-keys')
  async show(request: CommandRequest): Promise<CommandAnswer<ShownKeys>> {
    const { repository } = read(named, request.payload, 'host-keys takes the name of a repository.');
    const { state, sequence } = await loadRegistered(this.aggregates, repository);
    const { url, hostKeys = [] } = state.registration;
    const shown = await scan(url);
    const result = { repository, shown: shown.map(shownKey), trusted: hostKeys.map(shownKey) };
    return { position: { sequence, index: 0 }, result };
  }

  /** `cmd.git-watcher.trust`: the keys with these fingerprints are believed, if the host still shows them. */
  @AnswersCommand('trust')
  async trust(request: CommandRequest): Promise<CommandAnswer<ShownKeys>> {
    const sentence = 'trust takes the name of a repository and the fingerprints that were compared.';
    const { repository, fingerprints } = read(confirmed, request.payload, sentence);
    const { state } = await loadRegistered(this.aggregates, repository);
    const shown = await scan(state.registration.url);
    const absent = fingerprints.find((one) => !shown.some((key) => fingerprintOf(key) === one));
    if (absent !== undefined) {
      const now = shown.map(fingerprintOf).join(', ');
      throw new CommandRefused('host-key-absent', `The host shows no key ${absent}. It shows ${now}.`);
    }
    const hostKeys = shown.filter((key) => fingerprints.includes(fingerprintOf(key)));
    const decided = await this.aggregates.decide(
      repositoryAggregate,
      subjects.repository(repository),
      { type: 'trust', hostKeys },
      causeOfCommand(request),
    );
    void this.schedule.hasten(repository);
    const result = { repository, shown: shown.map(shownKey), trusted: hostKeys.map(shownKey) };
    return { position: decided.position, result };
  }
}

const read = <Shape extends z.ZodType>(shape: Shape, given: unknown, sentence: string): z.infer<Shape> => {
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new CommandRefused('invalid-command', sentence);
};

const scan = (url: string): Promise<readonly HostKey[]> =>
  scanHostKeys(url).catch((error: unknown) => {
    if (!(error instanceof GitError)) throw error;
    const code = error.code === 'url-refused' ? 'not-over-ssh' : 'host-unreachable';
    throw new CommandRefused(code, error.message);
  });
