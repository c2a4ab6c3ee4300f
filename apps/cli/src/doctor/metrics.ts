/** One sample of a metric, labels left out. */
export type Metric = { readonly name: string; readonly value: number };

/** Reads the samples of Prometheus' text format (version 0.0.4); other lines are passed over. */
export const readMetrics = (text: string): readonly Metric[] =>
  text.split('\n').flatMap((line) => {
    const match = /^([A-Za-z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line);
    const value = Number(match?.[2]);
    return match?.[1] === undefined || Number.isNaN(value) ? [] : [{ name: match[1], value }];
  });
