import { mostMeanwhile, type DriftedObject, type MeanwhileChange } from '@syncline/events';
import type { PutBack } from '@syncline/kubernetes';

type Sight = { readonly objects: readonly DriftedObject[]; readonly undoneBy?: string };
type Drifted = Pick<MeanwhileChange, 'object' | 'path' | 'manager'>;

/** What is drifted of an object: each field, or the whole of it, with who holds it. */
const partsOf = ({
  object,
  fields,
}: DriftedObject): readonly { readonly drifted: Drifted; readonly value?: string }[] =>
  fields.length === 0
    ? [{ drifted: { object } }]
    : fields.map(({ path, manager, to }) => ({
        drifted: { object, path, ...(manager !== undefined && { manager }) },
        value: JSON.stringify(to),
      }));

const isSame = (a: Drifted, b: Drifted): boolean =>
  a.path === b.path && a.manager === b.manager && JSON.stringify(a.object) === JSON.stringify(b.object);

/** Of what is as it was applied when a watch begins, that which was drifted when the one before it ended. */
export const endedOf = (
  open: readonly DriftedObject[],
  changes: readonly MeanwhileChange[],
): readonly MeanwhileChange[] => {
  const known = open.flatMap(partsOf);
  return changes.filter(({ object, path }) =>
    known.some(
      ({ drifted }) => drifted.path === path && JSON.stringify(drifted.object) === JSON.stringify(object),
    ),
  );
};

/**
 * What came and went between two words of drift. Drift is told ever more rarely where it never rests, and as it is by then: who
 * wrote meanwhile, or put one thing back while another is drifted still, is told with it.
 */
export class Meanwhile {
  #changes: readonly MeanwhileChange[] = [];

  /** Takes what is seen now (`at`, RFC 3339) after what was seen before. */
  see(
    before: readonly DriftedObject[],
    now: readonly DriftedObject[],
    putBack: readonly PutBack[],
    at: string,
  ): void {
    const known = before.flatMap(partsOf);
    const began = now
      .flatMap(partsOf)
      .filter(
        (one) => !known.some((other) => isSame(one.drifted, other.drifted) && one.value === other.value),
      )
      .map(({ drifted }) => ({ ...drifted, change: 'drifted' as const, at }));
    const ended = putBack.map((one) => ({ ...one, change: 'put-back' as const, at }));
    this.#changes = [...this.#changes, ...began, ...ended].slice(-mostMeanwhile);
  }

  /** Tells what the sight itself does not show; what was not told, because nothing was recorded, is told the next time. */
  async told<Answer extends { readonly events: readonly unknown[] }>(
    tell: (changes: readonly MeanwhileChange[]) => Promise<Answer>,
    { objects, undoneBy }: Sight,
  ): Promise<Answer> {
    const taken = this.#changes;
    this.#changes = [];
    const shown = objects.flatMap(partsOf);
    const unshown = taken.filter((one) =>
      one.change === 'drifted'
        ? !shown.some(({ drifted }) => isSame(one, drifted))
        : objects.length > 0 || one.manager !== undoneBy,
    );
    let isTold = false;
    try {
      const answer = await tell(unshown);
      isTold = answer.events.length > 0;
      return answer;
    } finally {
      if (!isTold) this.#changes = [...taken, ...this.#changes].slice(-mostMeanwhile);
    }
  }
}
