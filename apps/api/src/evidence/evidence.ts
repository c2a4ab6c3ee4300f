import { Inject } from '@nestjs/common';
import { encodeToken, planDocument } from '@syncline/events';
import { BlobStore, clusterOwner, EventLog } from '@syncline/kernel';
import { formatVerifier, type Signer } from '@syncline/log-proofs';
import { Views, type ApplicationName } from '@syncline/read-models';

import { Checkpoints, type SignedCheckpoint } from '../log/checkpoints/checkpoints.js';
import { exportLog } from '../log/export/log-export.js';
import { LogTree } from '../log/tree/log-tree.js';
import { PeopleNames } from '../people/people-names.js';
import { notFound, Problem } from '../problems/problem.js';
import { signedArchive, type Files } from './archive.js';
import { cdEvents } from './cd-events.js';
import { factsOf, type Facts, type PlanFacts } from './facts.js';
import { readme } from './readme.js';
import { reportOf } from './report.js';
import { sealed, statementOf } from './statement.js';

const mostRollouts = 1_000;
const mostEvents = 20_000;
/** What an archive holds before it is packed; a change that has more is exported from the log. */
const mostBytes = 256 * 1024 * 1024;

const encoder = new TextEncoder();
const json = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value, null, 2)}\n`);

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

  /** A ZIP archive. Throws a problem where the application never had the revision, or where no checkpoint covers the log. */
  async of(name: ApplicationName, revision: string): Promise<Uint8Array> {
    const { facts, changes } = await this.#facts(name, revision);
    const checkpoint = await this.checkpoints.forExport();
    if (!checkpoint)
      throw new Problem(
        503,
        'no-checkpoint',
        'No checkpoint covers the log yet, and none can be signed now.',
      );
    const signer = await this.checkpoints.signer();
    const files = {
      ...(await this.#blobFiles(facts)),
      ...(await this.#exports(changes, checkpoint)),
      ...(await this.#texts(facts, checkpoint, signer)),
    };
    return signedArchive(files, signer);
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

  async #blobFiles({ plans }: Facts): Promise<Files> {
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
    const { log, blobs, tree } = this;
    for (const [at, change] of changes.entries()) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of exportLog({ log, blobs, tree, checkpoint }, { of: 'change', change }))
        chunks.push(chunk);
      files[`log/change-${at + 1}.syncline`] = Buffer.concat(chunks);
      this.#bound(files);
    }
    return files;
  }

  #bound(files: Files): void {
    const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    if (bytes > mostBytes)
      throw new Problem(
        413,
        'evidence-too-large',
        'There is more of this change than fits into one archive: syncline log export --change takes it whole.',
      );
  }

  async #texts(facts: Facts, checkpoint: SignedCheckpoint, signer: Signer): Promise<Files> {
    const people = await this.names.peopleOf([
      facts.commit.author,
      facts.commit.committer,
      ...facts.events.map(({ actor }) => actor),
    ]);
    const at = new Date().toISOString();
    const { origin, size, root } = checkpoint;
    const key = formatVerifier(signer.verifier);
    const nameOf = (actor: string): string | undefined => people.get(actor)?.name;
    const { events, ...rest } = facts;
    return {
      'README.txt': encoder.encode(readme(key)),
      'report.html': encoder.encode(reportOf(facts, { origin, size, root, key, at, nameOf })),
      'facts.json': json(rest),
      'events.json': json(events),
      'cdevents.json': json(cdEvents(facts)),
      'statement.dsse.json': json(sealed(statementOf(facts, origin, at), signer)),
      'checkpoint.note': encoder.encode(checkpoint.note),
    };
  }
}
