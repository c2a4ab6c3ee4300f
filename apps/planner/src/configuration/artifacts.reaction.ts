import type { ArtifactEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { ConfigurationReading } from './configuration-reading.js';

type Resolved = Extract<ArtifactEvent, { type: 'ArtifactResolved' }>;

/** What an application names leads elsewhere now: the configuration that is in force comes to other specs. */
@Controller()
export class ArtifactsReaction {
  constructor(@Inject(ConfigurationReading) private readonly reading: ConfigurationReading) {}

  @Reaction({ name: 'artifacts', subjects: ['ev.repo.*.artifacts'], types: ['ArtifactResolved'] })
  artifactResolved(event: StoredEvent<Resolved>): Promise<void> {
    return this.reading.again(event, event.data.repository);
  }
}
