import { Inject } from '@nestjs/common';
import { encodeToken, planDocument } from '@syncline/events';
import { BlobStore, clusterOwner, EventLog } from '@syncline/kernel';
import { formatVerifier, type ExportScope, type Signer } from '@syncline/log-proofs';
import { Views, type ApplicationName, type LoggedEvent, type Period } from '@syncline/read-models';

import { Checkpoints, type SignedCheckpoint } from '../log/checkpoints/checkpoints.js';
import { exportLog } from '../log/export/log-export.js';
import { LogTree } from '../log/tree/log-tree.js';
import { PeopleNames } from '../people/people-names.js';
import { notFound, Problem } from '../problems/problem.js';
import { signedArchive, type Files } from './archive.js';
import { cdEvents } from './cd-events.js';
import { factsOf, type Facts, type PlanFacts } from './facts.js';
import { deploymentsOf } from './period.js';
import { periodTexts, json } from './period-texts.js';
import { readme } from './readme.js';
import { reportOf, type ReportFrame } from './report.js';
import { sealed, statementOf } from './statement.js';

const mostRollouts = 1_000;
const mostChanges = 1_000;
const mostEvents = 20_000;
/** What an archive holds before it is packed; a change that has more is exported from the log. */
const mostBytes = 256 * 1024 * 1024;

const encoder = new TextEncoder();

type Committed = {
  readonly author: { readonly person: string };
  readonly committer: { readonly person: string };
};
const peopleIn = (data: unknown): readonly string[] => {
  const { author, committer } = data as Committed;
  return [author.person, committer.person];
};

const tooMuch = (what: string): Problem =>
  new Problem(
    413,
    'evidence-too-large',
    `${what} than fits into one archive. Ask for a shorter period; syncline log export takes everything whole.`,
  );

/** Gathers what the log holds of one revision of one application into one signed archive. */
export class Evidence {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(LogTree) private readonly tree: LogTree,
    @Inject(Checkpoints) private readonly checkpoints: Checkpoints,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  /** A ZIP archive of a revision. Throws a problem where the application never had it, or where no checkpoint covers the log. */
  async of(name: ApplicationName, revision: string): Promise<Uint8Array> {
    const { facts, changes } = await this.#facts(name, revision);
    const { checkpoint, signer } = await this.#signing();
    const files = {
      ...(await this.#blobFiles(facts.plans)),
      ...(await this.#exports(changes, checkpoint)),
      ...(await this.#texts(facts, checkpoint, signer)),
    };
    return signedArchive(files, signer);
  }

  /** A ZIP archive of everything that was deployed within a period. Throws a problem where that was nothing, or too much for one. */
  async ofPeriod(name: ApplicationName, period: Period): Promise<Uint8Array> {
    const { facts, changes } = await this.#periodFacts(name, period);
    const { checkpoint, signer } = await this.#signing();
    const frame = await this.#frame(checkpoint, signer, facts.events);
    const files = {
      ...(await this.#blobFiles(facts.deployments.flatMap((one) => one.facts.plans))),
      'log/changes.syncline': await this.#export({ of: 'changes', changes }, checkpoint),
      ...periodTexts(facts, frame, signer),
      'checkpoint.note': encoder.encode(checkpoint.note),
    };
    this.#bound(files);
    return signedArchive(files, signer);
  }

  async #signing(): Promise<{ readonly checkpoint: SignedCheckpoint; readonly signer: Signer }> {
    const checkpoint = await this.checkpoints.forExport();
    if (!checkpoint)
      throw new Problem(
        503,
        'no-checkpoint',
        'No checkpoint covers the log yet, and none can be signed now.',
      );
    return { checkpoint, signer: await this.checkpoints.signer() };
  }

  async #periodFacts(name: ApplicationName, period: Period) {
    const asked = await this.views.changesDuring(name, period, mostChanges + 1);
    if (asked.length === 0)
      throw notFound(
        'nothing-deployed',
        `Nothing was deployed of ${name.application} from ${period.from} to ${period.to}. syncline history shows when something was.`,
      );
    if (asked.length > mostChanges) throw tooMuch(`There are more than ${mostChanges} changes`);
    const own = await this.views.eventsOfChanges(name, asked, mostEvents);
    const changes = [...asked, ...(await this.#commitsOf(own, asked))];
    const events =
      changes.length === asked.length ? own : await this.views.eventsOfChanges(name, changes, mostEvents);
    if (events.length === mostEvents) throw tooMuch(`There are more than ${mostEvents} events`);
    const found = deploymentsOf(name, asked, events);
    const deployments = await Promise.all(
      found.map(async (one) => {
        const plans = one.facts.plans.map((plan) => this.#withDocument(plan, one.facts));
        return { ...one, facts: { ...one.facts, plans: await Promise.all(plans) } };
      }),
    );
    return { facts: { ...name, ...period, deployments, events }, changes };
  }

  /** The changes that first brought commits which these events run again. */
  async #commitsOf(events: readonly LoggedEvent[], known: readonly string[]): Promise<readonly string[]> {
    const asked = events.flatMap(({ type, data }) =>
      type === 'PlanRequested' ? [(data as { readonly revision: string }).revision] : [],
    );
    const seen = await this.views.revisions([...new Set(asked)]);
    const first = new Map(seen.toReversed().map((one) => [one.revision, one.correlationId]));
    return [...new Set(first.values())].filter((change) => !known.includes(change));
  }

  async #facts(name: ApplicationName, wanted: string) {
    const rollouts = await this.views.rollouts(name, mostRollouts);
    const found = rollouts.filter(({ revision }) => revision.startsWith(wanted));
    const revisions = [...new Set(found.map(({ revision }) => revision))];
    const [revision] = revisions;
    if (revision === undefined)
      throw notFound(
        'revision-unknown',
        `No rollout of ${name.application} was of ${wanted}. syncline history shows those that there were.`,
      );
    if (revisions.length > 1)
      throw new Problem(
        409,
        'revision-ambiguous',
        `More than one revision begins with ${wanted}. Give more of it.`,
      );
    const changes = [...new Set(found.map(({ correlationId }) => correlationId))];
    const events = await this.views.eventsOfChanges(name, changes, mostEvents);
    const facts = factsOf(name, revision, events);
    if (!facts)
      throw notFound(
        'revision-unseen',
        `The log does not say of ${revision} when it was seen; it is not among the events of its rollouts.`,
      );
    const plans = await Promise.all(facts.plans.map((one) => this.#withDocument(one, facts)));
    return { facts: { ...facts, plans }, changes };
  }

  async #withDocument(plan: PlanFacts, { events }: Facts): Promise<PlanFacts> {
    const drafted = events.find(
      ({ type, data }) => type === 'PlanDrafted' && (data as { plan: string }).plan === plan.plan,
    );
    const { document } = drafted?.data as { readonly document: { readonly digest: string } };
    const bytes = await this.#blob(plan.cluster, document.digest);
    return { ...plan, document: bytes && planDocument.parse(JSON.parse(new TextDecoder().decode(bytes))) };
  }

  #blob(cluster: string, digest: string): Promise<Uint8Array | undefined> {
    return this.blobs.get(clusterOwner(encodeToken(cluster)), digest).catch(() => undefined);
  }

  async #blobFiles(plans: readonly PlanFacts[]): Promise<Files> {
    const files: Record<string, Uint8Array> = {};
    for (const { cluster, plan, manifests } of plans)
      for (const [path, digest] of [
        [`plans/${plan}.json`, plan],
        [`manifests/${manifests}.json`, manifests],
      ] as const) {
        const bytes = files[path] ?? (await this.#blob(cluster, digest));
        if (bytes) files[path] = bytes;
        this.#bound(files);
      }
    return files;
  }

  async #exports(changes: readonly string[], checkpoint: SignedCheckpoint): Promise<Files> {
    const files: Record<string, Uint8Array> = {};
    for (const [at, change] of changes.entries()) {
      files[`log/change-${at + 1}.syncline`] = await this.#export({ of: 'change', change }, checkpoint);
      this.#bound(files);
    }
    return files;
  }

  async #export(scope: ExportScope, checkpoint: SignedCheckpoint): Promise<Uint8Array> {
    const { log, blobs, tree } = this;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of exportLog({ log, blobs, tree, checkpoint }, scope)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) throw tooMuch('There is more of the log');
    }
    return Buffer.concat(chunks);
  }

  #bound(files: Files): void {
    const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    if (bytes > mostBytes) throw tooMuch('There is more');
  }

  /** What pages say besides the facts, and the names of the people who stand in events. */
  async #frame(
    { origin, size, root }: SignedCheckpoint,
    signer: Signer,
    events: readonly LoggedEvent[],
  ): Promise<ReportFrame> {
    const committed = events.flatMap(({ type, data }) => (type === 'RevisionDetected' ? peopleIn(data) : []));
    const people = await this.names.peopleOf([...committed, ...events.map(({ actor }) => actor)]);
    return {
      ...{ origin, size, root, key: formatVerifier(signer.verifier), at: new Date().toISOString() },
      nameOf: (actor) => people.get(actor)?.name,
    };
  }

  async #texts(facts: Facts, checkpoint: SignedCheckpoint, signer: Signer): Promise<Files> {
    const frame = await this.#frame(checkpoint, signer, facts.events);
    const { key, at, origin } = frame;
    const { events, ...rest } = facts;
    return {
      'README.txt': encoder.encode(readme(key)),
      'report.html': encoder.encode(reportOf(facts, frame)),
      'facts.json': json(rest),
      'events.json': json(events),
      'cdevents.json': json(cdEvents(facts)),
      'statement.dsse.json': json(sealed(statementOf(facts, origin, at), signer)),
      'checkpoint.note': encoder.encode(checkpoint.note),
    };
  }
}
