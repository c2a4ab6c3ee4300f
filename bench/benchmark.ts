import type { Usage } from './usage.ts';

/** One number beside the floor that the same run measured, and what it must keep to. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  /** Such as `ms` or `events/s`. */
  readonly unit: string;
  /** What the machine gives for the bare work, in the same unit. */
  readonly floor: number;
  /** The bound of `value`, in the same unit; undefined where it is measured to be known, and promised to nobody. */
  readonly target: number | undefined;
  readonly better: 'lower' | 'higher';
  /** What each process spent on it. */
  readonly usage: readonly Usage[];
};

/** What a benchmark is given. */
export type BenchmarkContext = {
  /** A folder of its own, on the disk that is measured; removed afterwards. */
  readonly dir: string;
  /** Says in a line what is under way. */
  readonly say: (sentence: string) => void;
};

/**
 * A benchmark: starts what it needs, measures, stops what it started. One file `<name>.bench.ts` anywhere in this folder
 * that exports it as `benchmark` is all there is to adding one.
 */
export type Benchmark = {
  /** Lower case with dashes; `--only` picks by it. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly about: string;
  /** How long it may take before it counts as failed. */
  readonly atMostMinutes: number;
  readonly run: (context: BenchmarkContext) => Promise<readonly Figure[]>;
};

/** Whether a figure keeps to its target. */
export const isKept = ({ value, target, better }: Figure): boolean =>
  target === undefined || (better === 'lower' ? value <= target : value >= target);
