import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import type { Polled, PollSchedule } from '../polling/poll-schedule.js';
import { wantedKey, type Wanted, type WantedArtifacts } from './wanted-artifacts.js';

/** Looks at what configurations in force name: from the start, when they change, and now and then. */
@Injectable()
export class ArtifactWatch implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly wanted: WantedArtifacts,
    private readonly schedule: PollSchedule,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#look(await this.wanted.readAll());
  }

  /** Before the connection to the log closes. */
  onModuleDestroy(): Promise<void> {
    return this.schedule.stop();
  }

  /** A configuration came into force: what it names and was not named before is looked at. */
  async accepted(repository: string): Promise<void> {
    this.#look(await this.wanted.renew(repository));
  }

  /** Something may have changed: everything that the repository names is looked at now. */
  hasten(repository: string): Promise<readonly (Polled | undefined)[]> {
    return Promise.all(this.wanted.of(repository).map((one) => this.schedule.hasten(wantedKey(one))));
  }

  /** Everything that is looked at. */
  all(): readonly Wanted[] {
    return this.wanted.all();
  }

  #look(wanted: readonly Wanted[]): void {
    for (const one of wanted) void this.schedule.hasten(wantedKey(one));
  }
}
