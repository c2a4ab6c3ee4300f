import { toCloudEvent } from '@syncline/events';
import { formatPosition } from '@syncline/kernel';
import type { LoggedEvent } from '@syncline/read-models';
import { story } from '@syncline/testkit';

/** A story as the views give its events out. */
export const loggedStory = (decisions: readonly story.Decision[]): readonly LoggedEvent[] =>
  story
    .entriesOf(decisions)
    .flatMap(({ events }) => events)
    .map((event) => ({
      ...toCloudEvent(event),
      position: formatPosition(event.position),
      recordedtime: event.recordedAt,
    }));
