import { setTimeout as delay } from 'node:timers/promises';

import type { Product } from '../product.ts';

type Sample = { readonly at: number; readonly projected: number; readonly last: number };

const lookEveryMs = 200;

const lookAt = async (product: Product): Promise<Sample> => {
  const at = performance.now();
  const projected = await product.metric('api', /^syncline_projected_sequence(?:\{[^}]*\})? (\d+)/m);
  const lag = await product.metric('api', /^syncline_projection_lag_messages(?:\{[^}]*\})? (\d+)/m);
  return { at, projected, last: projected + lag };
};

/** For each look, the seconds until the views held what the log held then. The last looks wait for nothing. */
const lagsOf = (samples: readonly Sample[]): readonly number[] =>
  samples.flatMap(({ at, last }) => {
    const reached = samples.find((later) => later.at >= at && later.projected >= last);
    return reached ? [(reached.at - at) / 1000] : [];
  });

/** Looks at how far the views are behind the log while work is done; gives the seconds that they were behind at each look. */
export const watchingLag = async <Result>(
  product: Product,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly lags: readonly number[] }> => {
  const samples: Sample[] = [];
  const ended = new AbortController();
  const looking = (async () => {
    while (!ended.signal.aborted) {
      samples.push(await lookAt(product));
      await delay(lookEveryMs);
    }
  })();
  try {
    const result = await work();
    return { result, lags: lagsOf(samples) };
  } finally {
    ended.abort();
    await looking;
  }
};
