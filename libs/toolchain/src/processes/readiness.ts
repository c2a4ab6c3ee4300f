import { randomInt } from 'node:crypto';
import { createServer, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { ToolchainError } from '../toolchain-error.js';
import type { ManagedProcess } from './managed-process.js';

const pollMs = 50;

/** Asks `isReady` until it says yes. Fails at the deadline, or at once where the process ends. */
export const waitUntilReady = async (
  process: ManagedProcess,
  isReady: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await isReady().catch(() => false))) {
    if (process.hasEnded()) throw new ToolchainError('start-failed', await process.ended, process.name);
    if (performance.now() > deadline) {
      const words = process.lastLines().slice(-1).join(' | ');
      throw new ToolchainError(
        'start-failed',
        `${process.name} is not ready after ${timeoutMs / 1000} s: ${words}`,
        process.name,
      );
    }
    await delay(pollMs);
  }
};

/** Passes a readiness on; a process that does not become ready is stopped, so that a failed start leaves nothing. */
export const stopUnlessReady = async (process: ManagedProcess, ready: Promise<void>): Promise<void> => {
  try {
    await ready;
  } catch (error) {
    await process.stop();
    throw error;
  }
};

/** Whether something accepts connections on a loopback port. */
export const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });

const claim = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });

const given = new Set<number>();

/**
 * Below the ports that Linux, macOS and Windows give to outgoing connections: one of those can be taken by any client
 * between the choice and the start of the server, and again whenever the server is started anew.
 */
const lowest = 10_000;
const highest = 32_767;

/** A loopback port that nobody listens on: the preferred one, or any. Never gives the same one twice in this process. */
export const freePort = async (preferred = 0): Promise<number> => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const wanted = attempt === 0 && preferred !== 0 ? preferred : randomInt(lowest, highest + 1);
    const port = given.has(wanted) ? undefined : await claim(wanted);
    if (port === undefined) continue;
    given.add(port);
    return port;
  }
  throw new ToolchainError('start-failed', 'no free port was found on 127.0.0.1');
};

/** Whether a loopback port can be listened on now. */
export const isFree = async (port: number): Promise<boolean> => (await claim(port)) !== undefined;
