import type { ConfigurationEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { ArtifactWatch } from './artifact-watch.js';

type Accepted = Extract<ConfigurationEvent, { type: 'ConfigurationAccepted' }>;

/** What a configuration names and lies elsewhere is looked at as soon as it is in force. */
@Controller()
export class ArtifactsReaction {
  constructor(@Inject(ArtifactWatch) private readonly watch: ArtifactWatch) {}

  @Reaction({ name: 'wanted-artifacts', subjects: ['ev.config.>'], types: ['ConfigurationAccepted'] })
  configurationAccepted(event: StoredEvent<Accepted>): Promise<void> {
    return this.watch.accepted(event.data.repository);
  }
}
