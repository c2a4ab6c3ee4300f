import { subjects } from '@syncline/events';
import type { EventLog, LogEntry, LogMessage } from '@syncline/kernel';
import type { ExportScope } from '@syncline/log-proofs';

const isAnnouncement = ({ events }: LogEntry): boolean =>
  events.some(({ type }) => type === 'CheckpointKeyAnnounced');

/** The messages after `first` that announce keys: without them nobody could tell by whose key a checkpoint is signed. */
async function* announcements(log: EventLog, after: number, before: number): AsyncGenerator<LogMessage> {
  for await (const entry of log.scan({ subjects: [subjects.log()], afterSequence: after })) {
    if (entry.message.sequence >= before) return;
    if (isAnnouncement(entry)) yield entry.message;
  }
}

async function* between(log: EventLog, from: number, to: number): AsyncGenerator<LogMessage> {
  for await (const { message } of log.scan({ afterSequence: from - 1 })) {
    if (message.sequence > to) return;
    yield message;
  }
}

async function* ofChanges(
  log: EventLog,
  changes: ReadonlySet<string>,
  size: number,
): AsyncGenerator<LogMessage> {
  for await (const entry of log.scan({})) {
    if (entry.message.sequence > size) return;
    if (isAnnouncement(entry) || entry.events.some(({ correlationId }) => changes.has(correlationId)))
      yield entry.message;
  }
}

/** The messages that an export of a scope shows, in order, out of the first `size`. */
export async function* shownMessages(
  log: EventLog,
  scope: ExportScope,
  size: number,
): AsyncGenerator<LogMessage> {
  if (scope.of === 'change' || scope.of === 'changes') {
    const changes = scope.of === 'change' ? [scope.change] : scope.changes;
    yield* ofChanges(log, new Set(changes), size);
    return;
  }
  const [from, to] = scope.of === 'all' ? [1, size] : [scope.from, scope.to];
  yield* announcements(log, 0, from);
  yield* between(log, from, to);
  yield* announcements(log, to, size + 1);
}
