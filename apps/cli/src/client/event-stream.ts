import { setTimeout as delay } from 'node:timers/promises';

import type { ApiClient } from './api-client.js';
import { event, type LogEvent } from './contract.js';

const reconnectMs = 500;

/** What to follow: `types` and `subject` narrow it, `after` is the position after which it begins (the log's end where absent). */
export type StreamFilter = {
  readonly types?: readonly string[];
  readonly subject?: string;
  readonly after?: string;
};

/** Splits server-sent events (WHATWG HTML, 9.2.6) into their data; comments and other fields are left out. */
export const dataOf = (block: string): string | undefined => {
  const lines = block.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.length === 0 ? undefined : lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
};

async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    yield* blocks;
  }
}

const pathOf = ({ types, subject }: StreamFilter): string => {
  const query = new URLSearchParams();
  if (types && types.length > 0) query.set('types', types.join(','));
  if (subject !== undefined) query.set('subject', subject);
  return `/v1/events/stream${query.size > 0 ? `?${query.toString()}` : ''}`;
};

const hasEnded = ({ aborted }: AbortSignal): boolean => aborted;

/**
 * Events as they happen, until the signal aborts. A connection that breaks is opened again after the last event that
 * came, so nothing is left out; `onOpen` is called whenever it is open.
 */
export async function* followEvents(
  api: ApiClient,
  filter: StreamFilter,
  signal: AbortSignal,
  onOpen: () => void = () => undefined,
): AsyncGenerator<LogEvent> {
  let last = filter.after;
  while (!hasEnded(signal)) {
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last };
      const response = await api.request('GET', pathOf(filter), undefined, {
        signal,
        headers: { accept: 'text/event-stream', ...headers },
      });
      onOpen();
      for await (const block of response.body ? blocksOf(response.body) : []) {
        const data = dataOf(block);
        const parsed = data === undefined ? undefined : event.safeParse(api.readJson(data));
        if (!parsed?.success) continue;
        last = parsed.data.position;
        yield parsed.data;
      }
    } catch (error) {
      if (hasEnded(signal)) return;
      if (error instanceof Error && 'code' in error && error.code === 'unauthenticated') throw error;
    }
    await delay(reconnectMs, undefined, { signal }).catch(() => undefined);
  }
}
