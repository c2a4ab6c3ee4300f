import { Inject } from '@nestjs/common';
import { subjects, type TargetName } from '@syncline/events';
import { Views, type PlanFilter, type PlanRow } from '@syncline/read-models';

/** So many plans are looked at in one go where only those of a state are asked for. */
const atOnce = 200;

/** Plans as they were at an instant, by what had happened by then. */
export class PastPlans {
  constructor(@Inject(Views) private readonly views: Views) {}

  /** Those that had been drafted by then, the one drafted last first. `state` is that of then. */
  async list(at: string, { state, limit, ...filter }: PlanFilter): Promise<readonly PlanRow[]> {
    const targets = new Map<string, Promise<ReadonlyMap<string, PlanRow>>>();
    const found: PlanRow[] = [];
    const taken = state === undefined ? limit : Math.max(limit, atOnce);
    for (let { before } = filter; ;) {
      const page = { ...filter, until: at, limit: taken, ...(before !== undefined && { before }) };
      const drafted = await this.views.plans(page);
      for (const row of drafted) {
        const then = (await this.#ofTarget(at, row, targets)).get(row.plan);
        if (then && (state === undefined || then.state === state)) found.push(then);
        if (found.length === limit) return found;
      }
      before = drafted.at(-1)?.draftedSequence;
      if (drafted.length < taken || before === undefined) return found;
    }
  }

  /** One of them; undefined where it had not been drafted. */
  async one(at: string, row: PlanRow): Promise<PlanRow | undefined> {
    return (await this.#ofTarget(at, row, new Map())).get(row.plan);
  }

  #ofTarget(
    at: string,
    { cluster, project, application }: TargetName,
    known: Map<string, Promise<ReadonlyMap<string, PlanRow>>>,
  ): Promise<ReadonlyMap<string, PlanRow>> {
    const plan = subjects.plan(cluster, project, application);
    const target = subjects.target(cluster, project, application);
    const read = async (): Promise<ReadonlyMap<string, PlanRow>> => {
      const past = await this.views.past(at, { subjects: [plan, target] });
      return new Map(past.plans(cluster).map((one) => [one.plan, one]));
    };
    const reading = known.get(plan) ?? read();
    known.set(plan, reading);
    return reading;
  }
}
