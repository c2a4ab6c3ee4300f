import { applicationAggregate, configurationAggregate, type ConfigurationCommand } from '@syncline/domain';
import {
  configurationDocument,
  subjects,
  type ConfigurationDocument,
  type ConfigurationError,
} from '@syncline/events';
import { Aggregates, BlobStore, canonicalJson } from '@syncline/kernel';
import { ConfinedRenderer, type DeclaredApplication } from '@syncline/render';
import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';

import { Artifacts } from './artifacts.js';
import { DeclarationReader, type Declarations } from './declarations.js';
import { compareLineage, type FindLineage } from './lineages.js';
import type { RevisionTree } from './revision-tree.js';

const listedErrors = 20;
const comparedAtOnce = 8;
const askedAtOnce = 32;
const configurationType = 'application/vnd.syncline.configuration+json';
const decoder = new TextDecoder();

/** A revision that is to be read, and the paths that are registered. */
export type ReadRequest = {
  readonly repository: string;
  readonly ref?: string;
  readonly revision: string;
  readonly paths: readonly string[];
  readonly tree: RevisionTree;
};

const nameOf = ({ spec }: { readonly spec: { readonly project: string; readonly name: string } }): string =>
  `${spec.project}/${spec.name}`;

/**
 * Reads what a revision declares. A configuration is in force as a whole: one error in it and the revision changes nothing,
 * neither declarations nor what the applications are made from.
 */
@Injectable()
export class Configurations {
  readonly #reader: DeclarationReader;

  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(ConfinedRenderer) private readonly confined: ConfinedRenderer,
    @Inject(Artifacts) private readonly artifacts: Artifacts,
  ) {
    this.#reader = new DeclarationReader(confined);
  }

  /** What the revision comes to: to be accepted, its document stored, or to be rejected. */
  async read(request: ReadRequest): Promise<ConfigurationCommand> {
    const { repository, revision } = request;
    const before = await this.inForce(repository);
    const { applications, errors } = await this.#declared(request, before);
    if (errors.length > 0) {
      const listed = errors.slice(0, listedErrors);
      return { type: 'reject', data: { repository, revision, errors: listed, errorCount: errors.length } };
    }
    const document = await this.#documentOf(request, applications, before);
    const bytes = new TextEncoder().encode(canonicalJson(document));
    const configuration = await this.blobs.put('hub', bytes, configurationType);
    const affected = document.applications.filter((one) => one.affected).length;
    const data = { repository, revision, configuration, applications: applications.length, affected };
    return { type: 'accept', data };
  }

  /** What a revision declares, where `before` is in force; without it, for a look at what the revision would do. */
  async declared(request: ReadRequest, before?: ConfigurationDocument): Promise<Declarations> {
    const { tree, repository: name, ref, paths } = request;
    const files = new Set(before?.applications.map(({ file }) => file));
    const repository = { name, ...(ref !== undefined && { ref }) };
    const { applications, errors } = await this.#reader.read(tree, repository, paths, files);
    return { applications: await this.artifacts.resolve(name, applications), errors };
  }

  /** The document of the last valid revision; undefined before the first. */
  async inForce(repository: string): Promise<ConfigurationDocument | undefined> {
    const { state } = await this.aggregates.load(configurationAggregate, subjects.configuration(repository));
    if (state.status === 'unread' || !state.inForce) return undefined;
    const bytes = await this.blobs.get('hub', state.inForce.configuration.digest);
    return configurationDocument.parse(JSON.parse(decoder.decode(bytes)));
  }

  async #declared(request: ReadRequest, before: ConfigurationDocument | undefined) {
    const { applications, errors } = await this.declared(request, before);
    const ours = new Set(before?.applications.map(nameOf));
    const others = applications.filter((one) => !ours.has(nameOf(one)));
    const ask = (one: DeclaredApplication) => this.#ownedElsewhere(request.repository, one);
    const foreign = await pLimit(askedAtOnce).map(others, ask);
    return { applications, errors: [...errors, ...foreign.flat()] };
  }

  /** An application belongs to the repository that declared it first. */
  async #ownedElsewhere(
    repository: string,
    one: DeclaredApplication,
  ): Promise<readonly ConfigurationError[]> {
    const subject = subjects.application(one.spec.project, one.spec.name);
    const { state } = await this.aggregates.load(applicationAggregate, subject);
    if (state.status !== 'declared' || state.repository === repository) return [];
    const reason = `Application ${nameOf(one)} belongs to the repository ${state.repository}, which declared it first.`;
    return [{ file: one.file, line: one.line, reason }];
  }

  async #documentOf(
    { repository, revision, tree }: ReadRequest,
    declared: readonly DeclaredApplication[],
    before: ConfigurationDocument | undefined,
  ): Promise<ConfigurationDocument> {
    const known = new Map(before?.applications.map((one) => [nameOf(one), one]));
    const sorted = [...declared].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const find: FindLineage = (at, source) => this.confined.lineageOf(at, source);
    // A few at a time, so that other repositories have their turn between those of this one.
    const applications = await pLimit(comparedAtOnce).map(sorted, async (one) => {
      const compared = await compareLineage(tree, one.spec, known.get(nameOf(one)), find);
      return { spec: one.spec, file: one.file, line: one.line, ...compared };
    });
    return { version: 1, repository, revision, applications };
  }
}
