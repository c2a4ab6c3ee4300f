import type { RecordedManifests, TargetName, TargetSpec } from '@syncline/events';
import { GitError } from '@syncline/git';
import type { BlobRef, Position } from '@syncline/kernel';
import { isRenderError } from '@syncline/render';
import { Inject, Injectable } from '@nestjs/common';

import { Fleet } from '../applications/fleet.js';
import { PlannerMeter } from '../meter.js';
import { ClusterDiffs } from './cluster-diffs.js';
import { composePlan, isUnchanged, type ComposedPlan } from './compose-plan.js';
import { Originals } from './originals.js';
import { Manifests, type NotYetKnown, type StoredManifests } from './manifests.js';

/** A target that is to become what a revision says. `cause` is the position of what asks for it. */
export type PlanningRequest = {
  readonly target: TargetName;
  readonly revision: string;
  readonly spec: TargetSpec;
  readonly cause: string;
  /** Where a reaction stands that plans. */
  readonly since?: Position;
  /** Manifests that are there already, in place of what the revision renders to. */
  readonly applied?: StoredManifests;
  /** What of the record they are, where they are. */
  readonly recorded?: RecordedManifests;
};

/** What planning a target came to. */
export type Planned =
  | {
      readonly status: 'planned';
      readonly composed: ComposedPlan;
      readonly manifests: BlobRef;
      readonly render: string;
    }
  | { readonly status: 'unchanged'; readonly render: string }
  | { readonly status: 'held'; readonly by: 'cluster' | 'artifact'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string; readonly file?: string; readonly line?: number };

type Failed = Extract<Planned, { status: 'failed' }>;
type Held = Extract<Planned, { status: 'held' }>;

/** What the author of the files can mend; anything else is ours and goes on being thrown. */
const renderFailure = (error: unknown): Failed | Held => {
  if (isRenderError(error, 'renderer-missing', 'no-space'))
    return { status: 'held', by: 'cluster', reason: error.message.slice(0, 500) };
  if (isRenderError(error) && error.code !== 'aborted') {
    const { message, file, line } = error;
    return {
      status: 'failed',
      reason: message.slice(0, 500),
      ...(file !== undefined && { file }),
      ...(line !== undefined && { line }),
    };
  }
  if (error instanceof GitError && (error.code === 'object-missing' || error.code === 'tree-refused')) {
    return { status: 'failed', reason: error.message.slice(0, 500) };
  }
  throw error;
};

/** Renders a target, asks its cluster for a dry run, and composes the plan. Decides nothing. */
@Injectable()
export class TargetPlanner {
  constructor(
    @Inject(Fleet) private readonly fleet: Fleet,
    @Inject(Manifests) private readonly manifests: Manifests,
    @Inject(ClusterDiffs) private readonly diffs: ClusterDiffs,
    @Inject(PlannerMeter) private readonly meter: PlannerMeter,
    @Inject(Originals) private readonly originals: Originals,
  ) {}

  /** `again` asks even a cluster that was found too slow. */
  async plan(request: PlanningRequest, options: { readonly again?: boolean } = {}): Promise<Planned> {
    const planned = await this.meter.took('plan', () => this.#plan(request, options));
    this.meter.planned(planned.status);
    return planned;
  }

  async #plan(request: PlanningRequest, options: { readonly again?: boolean }): Promise<Planned> {
    const { cluster } = request.target;
    const member = await this.fleet.find(cluster, request.since);
    if (!member) return { status: 'held', by: 'cluster', reason: `${cluster} does not belong to the fleet.` };
    const made = request.applied ?? (await this.#make(request, member.recipient));
    return 'status' in made ? made : this.#diff(request, made, options);
  }

  async #make(
    { target, revision, spec }: PlanningRequest,
    recipient: string,
  ): Promise<StoredManifests | NotYetKnown | Failed | Held> {
    try {
      return await this.meter.took('render', () =>
        this.manifests.make({ target, recipient, revision, spec }),
      );
    } catch (error) {
      return renderFailure(error);
    }
  }

  async #diff(
    { target, revision, spec, cause, recorded }: PlanningRequest,
    { manifests, render }: StoredManifests,
    options: { readonly again?: boolean },
  ): Promise<Planned> {
    const { cluster, project, application } = target;
    const { namespace, prune, ignore } = spec;
    const diffed = await this.meter.took('diff', () =>
      this.diffs.ask(
        cluster,
        { project, application, namespace, manifests, prune, ...(ignore && { ignore }) },
        options,
      ),
    );
    if (diffed.status === 'held') return { ...diffed, by: 'cluster' };
    if (diffed.status === 'refused') return { status: 'failed', reason: diffed.reason };
    if (isUnchanged(diffed.diff, spec.mode)) return { status: 'unchanged', render };
    const from = recorded && (await this.originals.compare(recorded, { cluster, spec, diff: diffed.diff }));
    const composed = composePlan({
      cluster,
      project,
      application,
      revision,
      cause,
      render,
      spec,
      diff: diffed.diff,
      ...(from && { from }),
    });
    return { status: 'planned', composed, manifests, render };
  }
}
