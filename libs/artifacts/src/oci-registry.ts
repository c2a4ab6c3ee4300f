import { sha256Hex } from '@syncline/kernel';
import { z } from 'zod';

import { ArtifactError } from './artifact-error.js';
import type { Located, Look } from './helm-repository.js';
import { ask, refusalOf, type Access, type Answer } from './http.js';
import { authorize } from './oci-token.js';
import type { Address } from './reference.js';
import { isRange, pickVersion } from './versions.js';

type OciAddress = Extract<Address, { kind: 'oci' }>;

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** Layers that hold one archive: a chart (Helm), manifests (Flux), or a plain archive. */
const archiveTypes = [
  'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  'application/vnd.cncf.flux.content.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
];

const tagList = z.object({ tags: z.array(z.string()).nullable() });
const layer = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
});
const manifestFile = z.object({ layers: z.array(layer).optional() });

/** One repository of a registry (OCI distribution specification 1.1). A token that was got is kept for the next question. */
class RegistryReader {
  #access: Access;

  constructor(
    private readonly address: OciAddress,
    private readonly look: Look,
  ) {
    this.#access = look.access;
  }

  get name(): string {
    return `${this.address.base.host}/${this.address.repository}`;
  }

  /** Asks below `/v2/<repository>/`, authorised where the registry wants that. */
  async get(path: string, mostBytes: number, accept?: string): Promise<Answer> {
    const url = new URL(path, new URL(`/v2/${this.address.repository}/`, this.address.base));
    const answer = await this.#ask(url, mostBytes, accept);
    const challenge = answer.headers['www-authenticate'];
    if (answer.status !== 401 || challenge === undefined) return answer;
    const { limits, signal } = this.look;
    const authorization = await authorize(challenge, { access: this.look.access, limits, signal });
    if (authorization === undefined || authorization === this.#access.authorization) return answer;
    this.#access = { ...this.#access, authorization };
    return this.#ask(url, mostBytes, accept);
  }

  #ask(url: URL, mostBytes: number, accept?: string): Promise<Answer> {
    const { limits, signal } = this.look;
    const asked = { url, mostBytes, limits, signal, access: this.#access };
    return ask({ ...asked, ...(accept !== undefined && { accept }) });
  }
}

const parse = <Shape>(schema: z.ZodType<Shape>, { body }: Answer, what: string): Shape => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch (cause) {
    throw new ArtifactError('corrupt', `${what} is not to be understood`, cause);
  }
};

/** The next page of a list (RFC 8288), where there is one. */
const nextPage = ({ headers }: Answer): string | undefined => {
  const [, target] = /^\s*<([^>]+)>\s*;[^,]*rel="?next"?/.exec(headers.link ?? '') ?? [];
  return target;
};

const listTags = async (reader: RegistryReader, { limits }: Look): Promise<readonly string[]> => {
  const tags: string[] = [];
  let path: string | undefined = 'tags/list?n=1000';
  while (path !== undefined) {
    const answer: Answer = await reader.get(path, limits.manifestBytes);
    const refusal = refusalOf(answer.status, `the list of tags of ${reader.name}`);
    if (refusal) throw refusal;
    tags.push(...(parse(tagList, answer, `the list of tags of ${reader.name}`).tags ?? []));
    if (tags.length > limits.tags)
      throw new ArtifactError('too-large', `${reader.name} has more than ${limits.tags} tags`);
    path = nextPage(answer);
  }
  return tags;
};

const findTag = async (reader: RegistryReader, look: Look): Promise<string> => {
  const { version } = look.reference;
  if (!isRange(version)) return version;
  const tag = pickVersion(version, await listTags(reader, look));
  if (tag !== undefined) return tag;
  throw new ArtifactError('no-version', `${reader.name} has no version in ${version}`);
};

const verifyDigest = (what: string, bytes: Uint8Array, digest: string): void => {
  if (`sha256:${sha256Hex(bytes)}` === digest) return;
  throw new ArtifactError('corrupt', `${what} has another digest than it should have (${digest})`);
};

const fetchLayer = async (reader: RegistryReader, look: Look, manifest: Answer): Promise<Uint8Array> => {
  const { layers = [] } = parse(manifestFile, manifest, `the manifest of ${reader.name}`);
  const found = layers.find(({ mediaType }) => archiveTypes.includes(mediaType));
  if (found === undefined)
    throw new ArtifactError('corrupt', `${reader.name} holds neither a chart nor an archive of manifests`);
  const { limits } = look;
  if (found.size > limits.artifactBytes)
    throw new ArtifactError(
      'too-large',
      `${reader.name} has more than ${limits.artifactBytes / 1024 / 1024} MiB`,
    );
  const answer = await reader.get(`blobs/${found.digest}`, limits.artifactBytes);
  const refusal = refusalOf(answer.status, `the content of ${reader.name}`);
  if (refusal) throw refusal;
  verifyDigest(`the content of ${reader.name}`, answer.body, found.digest);
  return answer.body;
};

/** Finds an artifact of a registry; its digest is that of its manifest. Throws {@link ArtifactError}. */
export const locateArtifactIn = async (address: OciAddress, look: Look): Promise<Located> => {
  const reader = new RegistryReader(address, look);
  const tag = await findTag(reader, look);
  const { limits } = look;
  const manifest = await reader.get(`manifests/${tag}`, limits.manifestBytes, manifestTypes.join(', '));
  const refusal = refusalOf(manifest.status, `${reader.name}:${tag}`);
  if (refusal) throw refusal;
  const said = manifest.headers['docker-content-digest'];
  if (said?.startsWith('sha256:') === true) verifyDigest(`${reader.name}:${tag}`, manifest.body, said);
  return {
    version: tag,
    digest: sha256Hex(manifest.body),
    fetch: () => fetchLayer(reader, look, manifest),
  };
};
