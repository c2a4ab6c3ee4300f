import { targetAggregate, type Applied, type TargetCommand } from '@syncline/domain';
import {
  driftDocument,
  subjects,
  type DriftDocument,
  type DriftedObject,
  type IgnoreRule,
  type MeanwhileChange,
  type TargetName,
} from '@syncline/events';
import { ignoresOf, isIgnored as isIgnoredField, type DriftEnd, type DriftWatch } from '@syncline/kubernetes';

import { Coalescer } from '../health/coalesce.js';
import { openManifests } from '../manifests.js';
import { LatestRecorder } from '../recording.js';
import { countDrift } from './count-drift.js';
import { endedOf, Meanwhile } from './meanwhile.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';

/** What is seen at a time, and how often drift came and went since it was last told. */
type Sight = {
  readonly objects: readonly DriftedObject[];
  readonly at: string;
  readonly flaps: number;
  /** Who put back the last of it, where nothing is drifted and that is known. */
  readonly undoneBy?: string;
  /** Whether it is what was seen first since the watch began. */
  readonly isFirst: boolean;
};

/** Each drift is an event and a document for ever: a fight that nobody ends is told about a dozen times an hour. */
const pace = { rememberedMs: 3_600_000, longestWindowMs: 300_000 };
const shownObjects = 5;
const shownFields = 10;
const longestValue = 300;

const shortValue = (value: unknown): boolean =>
  value === undefined || JSON.stringify(value).length <= longestValue;

/** What an event names of an object; the document has all. */
const summaryOf = (one: DriftedObject): DriftedObject => ({
  ...one,
  fields: one.fields.slice(0, shownFields).map(({ from, to, ...field }) => ({
    ...field,
    ...(from !== undefined && shortValue(from) && { from }),
    ...(to !== undefined && shortValue(to) && { to }),
  })),
});

/** Records the drift of one target as it is seen: the first at once, flapping once with how often it came and went. */
export class DriftRecord {
  readonly #recorder: LatestRecorder<Sight>;
  readonly #coalescer: Coalescer<Sight>;
  /** Whether the target is drifted, as it was last seen. */
  get isDrifted(): boolean {
    return (this.#last?.objects.length ?? 0) > 0;
  }

  #flaps = 0;
  readonly #meanwhile = new Meanwhile();
  #last: Sight | undefined;

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly target: TargetName,
    private readonly applied: Applied,
    private readonly details: {
      /** Where objects go that name no namespace. */
      readonly namespace: string;
      readonly ignore?: readonly IgnoreRule[];
      /** The document of the drift that was open when the watch began, by its digest. */
      readonly open?: string | undefined;
      readonly onSeen: () => void;
    },
  ) {
    this.#recorder = new LatestRecorder<Sight>(
      (sight) => this.#record(sight),
      (error) => around.logger.error({ err: error, ...target }, 'the drift of a target cannot be recorded'),
    );
    this.#coalescer = new Coalescer<Sight>(
      (a, b) => JSON.stringify(a.objects) === JSON.stringify(b.objects),
      (sight) => {
        this.#recorder.take({ ...sight, flaps: this.#flaps });
        this.#flaps = 0;
      },
      pace,
    );
  }

  /** What the cluster's client asks and tells. */
  watch(): DriftWatch {
    return {
      applied: async () => {
        const { documents, identity } = this.around;
        const { objects, secrets } = await openManifests(documents, identity, this.applied.manifests);
        const { project, application } = this.target;
        const { namespace, ignore = [] } = this.details;
        return { project, application, namespace, objects, secrets, ignore };
      },
      onDrift: (objects, ended) => this.#see(objects, ended),
      onTrouble: (error) =>
        this.around.logger.warn({ err: error, ...this.target }, 'what was applied cannot be read'),
    };
  }

  /** Resolves when what was seen is recorded, or cannot be. */
  settled(): Promise<void> {
    return this.#recorder.settled();
  }

  /** Says again what is so; for after a time in which nothing was recorded. */
  repeat(): void {
    this.#coalescer.repeat();
  }

  end(): void {
    this.#coalescer.end();
    void this.#recorder.end();
  }

  #see(objects: readonly DriftedObject[], { undoneBy, putBack }: DriftEnd): void {
    const at = new Date().toISOString();
    this.#meanwhile.see(this.#last?.objects ?? [], objects, putBack, at);
    const isFirst = this.#last === undefined;
    const sight = { objects, at, flaps: 0, isFirst, ...(undoneBy !== undefined && { undoneBy }) };
    const wentAway = this.#last !== undefined && this.#last.objects.length > 0 && objects.length === 0;
    if (wentAway) this.#flaps += 1;
    this.#last = sight;
    this.#coalescer.take(sight);
    this.details.onSeen();
  }

  async #record(sight: Sight): Promise<void> {
    const { log } = this.around;
    const { cluster, project, application } = this.target;
    const subject = subjects.target(cluster, project, application);
    const cause = { actor, correlationId: this.applied.correlationId };
    const { events, state } = await this.#meanwhile.told(async (changes) => {
      const news = sight.isFirst ? endedOf(await this.#open(), changes) : changes;
      const command = await this.#commandOf(sight, news);
      return log.aggregates.decide(targetAggregate, subject, command, cause);
    }, sight);
    countDrift(this.around, events);
    const { drift } = state.held;
    if (!drift || sight.objects.length === 0) return;
    const { correlationId } = this.applied;
    const { firstSeen } = drift;
    this.around.audit?.see({ target: this.target, firstSeen, objects: sight.objects, correlationId });
  }

  /** A drift that was open when the watch began and is ignored as a whole by now was ended by nobody in the cluster. */
  async #endOf(
    undoneBy: string | undefined,
    isFirst: boolean,
  ): Promise<{ manager?: string; isIgnored?: true }> {
    const { ignore = [], open } = this.details;
    const manager = undoneBy === undefined ? {} : { manager: undoneBy };
    if (!isFirst || open === undefined || ignore.length === 0) return manager;
    const isIgnored = (await this.#open()).every(({ object, change, fields }) => {
      const ignores = ignoresOf(ignore, object);
      return change === 'changed' && fields.every(({ path }) => isIgnoredField(ignores, path));
    });
    return isIgnored ? { isIgnored } : manager;
  }

  /** What was drifted when the watch began. */
  async #open(): Promise<readonly DriftedObject[]> {
    const { open } = this.details;
    if (open === undefined) return [];
    return driftDocument.parse(await this.around.documents.readJson({ digest: open })).objects;
  }

  async #commandOf(
    { objects, at, flaps, undoneBy, isFirst }: Sight,
    changes: readonly MeanwhileChange[],
  ): Promise<TargetCommand> {
    const { plan, revision } = this.applied;
    const meanwhile = changes.length > 0 && { meanwhile: [...changes] };
    if (objects.length === 0)
      return { type: 'observe-no-drift', plan, at, ...(await this.#endOf(undoneBy, isFirst)), ...meanwhile };
    const drifted: DriftDocument = { version: 1, plan, revision, objects: [...objects] };
    const document = await this.around.documents.write(drifted);
    return {
      type: 'observe-drift',
      plan,
      at,
      drift: {
        objects: objects.slice(0, shownObjects).map(summaryOf),
        objectCount: objects.length,
        document,
        flaps,
        ...meanwhile,
      },
    };
  }
}
