import { afterAll, describe, expect, test, vi } from 'vitest';

import { startPostgresServer } from './servers.js';

// The next file of this worker asks for no container.
afterAll(() => void vi.unstubAllEnvs());

describe('a server that is demanded in a container', () => {
  test('is never quietly another one: without its image the test fails, and says what to do', async () => {
    vi.stubEnv('SYNCLINE_TESTKIT', 'containers');
    vi.stubEnv('SYNCLINE_TESTKIT_POSTGRES_IMAGE', '127.0.0.1:1/nowhere:none');
    vi.stubEnv('TESTCONTAINERS_RYUK_DISABLED', 'true');
    await expect(startPostgresServer()).rejects.toThrow(
      /^SYNCLINE_TESTKIT=containers asks for 127\.0\.0\.1:1\/nowhere:none .* or unset SYNCLINE_TESTKIT\.$/s,
    );
  });
});
