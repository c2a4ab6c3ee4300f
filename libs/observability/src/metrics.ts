import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** The metrics of one service: the process's own, and what the log tells. */
export class Metrics {
  readonly registry = new Registry();
  readonly appendSeconds: Histogram;
  readonly reactionFailures: Counter;
  readonly parkedSubjects: Gauge;
  readonly logFilled: Gauge;

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
    const registers = [this.registry];
    this.appendSeconds = new Histogram({
      name: 'syncline_append_seconds',
      help: 'How long one decision took to be recorded.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    });
    this.reactionFailures = new Counter({
      name: 'syncline_reaction_failures_total',
      help: 'Attempts of a reaction that failed and were tried again or parked.',
      labelNames: ['reaction'],
      registers,
    });
    this.parkedSubjects = new Gauge({
      name: 'syncline_parked_subjects',
      help: 'Subjects that a reaction cannot go on with until they are resumed.',
      labelNames: ['reaction'],
      registers,
    });
    this.logFilled = new Gauge({
      name: 'syncline_log_filled_ratio',
      help: "Share of the log's size limit that is used; 0 where it has none.",
      registers,
    });
  }

  /** A histogram of the service's own; buckets in the unit that its name ends in. */
  histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  /** A gauge of the service's own whose values are looked up whenever somebody asks for them. */
  observed(
    name: string,
    help: string,
    labelNames: string[],
    observe: (gauge: Gauge) => void | Promise<void>,
  ): Gauge {
    return new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      async collect() {
        await observe(this);
      },
    });
  }

  /** A counter of the service's own. */
  counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** A gauge of the service's own. */
  gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
