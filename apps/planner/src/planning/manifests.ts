import { randomBytes } from 'node:crypto';

import { encodeToken, type ManifestsDocument, type TargetName, type TargetSpec } from '@syncline/events';
import { BlobStore, canonicalJson, clusterOwner, sha256Hex, type BlobRef } from '@syncline/kernel';
import {
  artifactText,
  isRenderError,
  renderKeyOf,
  type Lineage,
  type Release,
  type Rendered,
} from '@syncline/render';
import { decryptPack, encryptPack, seal } from '@syncline/sealing';
import { Inject, Injectable } from '@nestjs/common';

import { elsewhere } from '../configuration/artifacts.js';
import { Capabilities } from './capabilities.js';
import { Renders } from './renders.js';
import { RenderCache } from './render-cache.js';

const cacheBytes = 64 * 1024 * 1024;
/** The same input fails in the same way; what took too long could take less on another day. */
const keptFailureMs = (error: unknown): number => {
  if (!isRenderError(error) || isRenderError(error, 'renderer-missing', 'no-space', 'aborted')) return 0;
  return isRenderError(error, 'time-limit', 'memory-limit') ? 300_000 : 3_600_000;
};
const manifestsType = 'application/vnd.syncline.manifests+json';
const sealedType = 'application/vnd.syncline.secrets+age';

/** What is to be rendered, and for whom. `recipient` is the age public key of the cluster's applier. */
export type ManifestsInput = {
  readonly target: TargetName;
  readonly recipient: string;
  readonly revision: string;
  readonly spec: TargetSpec;
};

/** Manifests as they lie among a cluster's blobs. */
export type StoredManifests = { readonly manifests: BlobRef; readonly render: string };

/** What a chart asks of its cluster is not known yet, or where it comes from. */
export type NotYetKnown = {
  readonly status: 'held';
  readonly by: 'cluster' | 'artifact';
  readonly reason: string;
};

/** What a target is made from and has not been found so far. */
const unresolvedIn = (spec: TargetSpec): string | undefined => {
  const source = elsewhere(spec);
  return source && !source.resolved ? artifactText(source.artifact) : undefined;
};

/** The bytes for the clusters of one applier: equal for all of them. */
type Sealed = { readonly document: Uint8Array; readonly secrets?: Uint8Array };

/** Objects with references, and the values behind them encrypted under a key that dies with this process. */
class KeptRender {
  readonly #bySealing = new Map<string, Promise<Sealed>>();
  readonly #secrets: Uint8Array | undefined;
  readonly weight: number;
  readonly render: string;

  constructor(
    private readonly objects: ManifestsDocument['objects'],
    { secrets, renderDigest }: Rendered,
    private readonly key: Uint8Array,
  ) {
    this.render = renderDigest;
    this.weight = 3 * canonicalJson(objects).length;
    this.#secrets =
      secrets.size === 0
        ? undefined
        : encryptPack(Buffer.from(JSON.stringify(Object.fromEntries(secrets))), key);
  }

  sealedTo(recipient: string): Promise<Sealed> {
    const sealed = this.#bySealing.get(recipient) ?? this.#seal(recipient);
    this.#bySealing.set(recipient, sealed);
    return sealed;
  }

  async #seal(recipient: string): Promise<Sealed> {
    const secrets = this.#secrets && (await seal(decryptPack(this.#secrets, this.key), [recipient]));
    const reference = secrets && { digest: sha256Hex(secrets), size: secrets.length, mediaType: sealedType };
    const document: ManifestsDocument = {
      version: 1,
      objects: this.objects,
      ...(reference && { secrets: reference }),
    };
    const bytes = new TextEncoder().encode(canonicalJson(document));
    return { document: bytes, ...(secrets && { secrets }) };
  }
}

/**
 * Manifests of targets: rendered once for each distinct input (renderer, Git object ids, substitution, patches, namespace, and what a chart is told),
 * stored for each cluster. Values of Secrets leave this class sealed to an applier; between a render and the next cluster
 * that shares it they are kept encrypted under a key of this process, so that no cache holds one in the clear.
 */
@Injectable()
export class Manifests {
  readonly #cache = new RenderCache<KeptRender>(cacheBytes, keptFailureMs);
  readonly #key = randomBytes(32);

  constructor(
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Renders) private readonly renders: Renders,
    @Inject(Capabilities) private readonly capabilities: Capabilities,
  ) {}

  /** Whether what a spec renders to depends on the cluster. */
  async asksOfCluster(spec: TargetSpec, revision: string): Promise<boolean> {
    return (
      unresolvedIn(spec) === undefined && (await this.renders.lineage(spec, revision)).renderer === 'helm'
    );
  }

  /** Makes and stores the manifests of a target. Throws RenderError with file and line. */
  async make({ target, recipient, revision, spec }: ManifestsInput): Promise<StoredManifests | NotYetKnown> {
    const unresolved = unresolvedIn(spec);
    if (unresolved !== undefined)
      return {
        ...{ status: 'held', by: 'artifact' },
        reason: `${unresolved} has not been found yet: syncline artifact list shows why.`,
      };
    const lineage = await this.renders.lineage(spec, revision);
    const release = await this.#release(target, lineage);
    if (!release) {
      const reason = `What ${target.cluster} serves is not known yet, and a chart can ask for it.`;
      return { status: 'held', by: 'cluster', reason };
    }
    const renderKey = renderKeyOf(spec, lineage, release);
    const kept = await this.#cache.get(renderKey, async () => {
      const rendered = await this.renders.render({ spec, revision, lineage, release, renderKey });
      return new KeptRender([...rendered.objects], rendered, this.#key);
    });
    const { document, secrets } = await kept.sealedTo(recipient);
    const owner = clusterOwner(encodeToken(target.cluster));
    if (secrets) await this.blobs.put(owner, secrets, sealedType);
    return { manifests: await this.blobs.put(owner, document, manifestsType), render: kept.render };
  }

  /** What a chart is told; nothing where it needs to be told what is not known. */
  async #release(target: TargetName, { renderer }: Lineage): Promise<Release | undefined> {
    const { application } = target;
    if (renderer !== 'helm') return { application };
    const facts = await this.capabilities.of(target);
    return facts && { application, facts };
  }
}
