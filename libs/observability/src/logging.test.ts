import { describe, expect, test } from 'vitest';

import { createLogger, nestLogger, withLogContext } from './index.js';

const capturing = (level = 'info') => {
  const lines: string[] = [];
  const logger = createLogger('planner', level, { write: (line: string) => void lines.push(line) });
  return { logger, lines };
};
const names = [
  'authorization', 'token', 'password', 'credential', 'credentials', 'identity', 'kubeconfig', 'secret', 'data',
]; // prettier-ignore

describe('a logger', () => {
  test.each(names)('never writes what is called %s, at the top or one or two levels down', (name) => {
    const { logger, lines } = capturing();
    const secret = { [name]: 'hunter2' };
    logger.info({ ...secret, request: secret, deep: { request: secret } }, 'asked');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('hunter2');
    expect(lines[0]).toContain('[redacted]');
  });

  test('writes one JSON line with service, time and message', () => {
    const { logger, lines } = capturing();
    logger.warn({ correlationId: 'change-1' }, 'late');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      service: 'planner',
      correlationId: 'change-1',
      msg: 'late',
    });
    expect((JSON.parse(lines[0] ?? '') as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test('leaves out what is below its level, and what Nest says of itself at info', () => {
    const { logger, lines } = capturing();
    logger.debug('detail');
    nestLogger(logger).log('Nest application started');
    expect(lines).toEqual([]);
    nestLogger(logger).error('broken');
    expect(lines).toHaveLength(1);
  });
});

describe('the correlation id of a line', () => {
  const idsOf = (lines: readonly string[]): readonly unknown[] =>
    lines.map((line) => (JSON.parse(line) as { correlationId: unknown }).correlationId);

  test('is that of the work under way, also after what it awaits, and never of work beside it', async () => {
    const { logger, lines } = capturing();
    const work = (correlationId: string): Promise<void> =>
      withLogContext({ correlationId }, async () => {
        await Promise.resolve();
        logger.info('in the middle');
      });
    await Promise.all([work('one'), work('two')]);
    expect(idsOf(lines)).toEqual(['one', 'two']);
  });

  test('names the run of the service where no work is under way, and what a line says itself comes first', () => {
    const { logger, lines } = capturing();
    logger.info('started');
    nestLogger(logger).error('broken');
    withLogContext({ correlationId: 'one' }, () => logger.info({ correlationId: 'another' }, 'said'));
    const [run, same, own] = idsOf(lines);
    expect(run).toMatch(/^planner:[0-9a-f]{8}$/);
    expect([same, own]).toEqual([run, 'another']);
  });
});
