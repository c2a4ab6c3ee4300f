import type { Say } from './say.js';

const quietMs = 2_000;
const everyMs = 10_000;

/** Says what is waited for, so that nobody wonders whether anything goes on. */
export type Waits = {
  /** Passes the work on; what it is for is said once it has lasted two seconds, and again every ten. */
  readonly during: <Result>(what: string, work: Promise<Result>) => Promise<Result>;
};

/** Tells everything that is waited for at one time in one line. */
export const tellWaits = (say: Say): Waits => {
  const open = new Map<symbol, { readonly what: string; readonly since: number }>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const all = [...open.values()];
    const longest = Math.max(...all.map(({ since }) => performance.now() - since));
    say(`waiting for ${all.map(({ what }) => what).join(', ')} (${Math.round(longest / 1000)} s)`);
    timer = setTimeout(tell, everyMs).unref();
  };
  const end = (key: symbol): void => {
    open.delete(key);
    if (open.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    during: async (what, work) => {
      const key = Symbol(what);
      open.set(key, { what, since: performance.now() });
      timer ??= setTimeout(tell, quietMs).unref();
      try {
        return await work;
      } finally {
        end(key);
      }
    },
  };
};
