import type { EventLog, LogMessage } from '@syncline/kernel';

const decoder = new TextDecoder();

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** One message as a line of JSON. Its events stand there byte for byte; bytes that are no JSON stand as base64. */
export const exportLine = ({ sequence, subject, recordedAt, recordedAtNs, bytes }: LogMessage): string => {
  const text = decoder.decode(bytes);
  const head = JSON.stringify({ sequence, subject, recordedAt, recordedAtNs: String(recordedAtNs) }).slice(
    0,
    -1,
  );
  return isJson(text) && !text.includes('\n')
    ? `${head},"events":${text}}\n`
    : `${head},"bytes":"${Buffer.from(bytes).toString('base64')}"}\n`;
};

/** Every message that is in the log now, a line each. */
export async function* exportLines(log: EventLog): AsyncGenerator<string> {
  for await (const { message } of log.scan({})) yield exportLine(message);
}
