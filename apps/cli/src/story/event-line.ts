import type { LogEvent } from '../client/contract.js';
import { clockTime } from '../shell/durations.js';
import { aboutOf, textOf } from './event-text.js';

/** One event as one line: when, what about, and what it says. */
export const eventLine = (event: LogEvent): string =>
  `${clockTime(event.time)}  ${aboutOf(event).padEnd(32)}  ${textOf(event)}`;
