import type { ArtifactReference } from '@syncline/events';
import { sha256Hex } from '@syncline/kernel';
import { load } from 'js-yaml';
import { z } from 'zod';

import { ArtifactError } from './artifact-error.js';
import { ask, refusalOf, type Access, type Answer } from './http.js';
import type { Limits } from './limits.js';
import type { Address } from './reference.js';
import { pickVersion } from './versions.js';

/** An artifact that was found: its version, its digest where that is known before its bytes are, and how to get them. */
export type Located = {
  readonly version: string;
  /** SHA-256 in hex. */
  readonly digest?: string;
  readonly fetch: () => Promise<Uint8Array>;
};

/** What looking needs. */
export type Look = {
  readonly reference: ArtifactReference;
  readonly access: Access;
  readonly limits: Limits;
  readonly signal: AbortSignal;
};

type HelmAddress = Extract<Address, { kind: 'helm' }>;

const entry = z.object({
  version: z.string(),
  digest: z.string().optional(),
  urls: z.array(z.string()).min(1),
});
const indexFile = z.object({ entries: z.record(z.string(), z.unknown()) });
type Entry = z.infer<typeof entry>;

const decode = (host: string, { body }: Answer): unknown => {
  try {
    return load(new TextDecoder('utf-8', { fatal: true }).decode(body), { maxAliases: 0 });
  } catch (cause) {
    throw new ArtifactError('corrupt', `the index of ${host} cannot be read as YAML`, cause);
  }
};

const entriesOf = (host: string, chart: string, answer: Answer): readonly Entry[] => {
  const index = indexFile.safeParse(decode(host, answer));
  if (!index.success) throw new ArtifactError('corrupt', `${host} answers with no index of charts`);
  const named = Object.hasOwn(index.data.entries, chart) ? index.data.entries[chart] : undefined;
  if (named === undefined) throw new ArtifactError('gone', `${host} has no chart ${chart}`);
  const entries = z.array(entry).safeParse(named);
  if (!entries.success)
    throw new ArtifactError('corrupt', `the index of ${host} is not to be understood at ${chart}`);
  return entries.data;
};

const digestOf = ({ digest }: Entry): string | undefined => {
  const hex = digest?.replace(/^sha256:/, '').toLowerCase();
  return hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
};

/** Finds the highest version of a chart in the index of a Helm repository. Throws {@link ArtifactError}. */
export const locateChart = async ({ base, chart }: HelmAddress, look: Look): Promise<Located> => {
  const { reference, access, limits, signal } = look;
  const question = { access, limits, signal };
  const index = await ask({ ...question, url: new URL('index.yaml', base), mostBytes: limits.indexBytes });
  const refusal = refusalOf(index.status, `the index of ${base.host}`);
  if (refusal) throw refusal;
  const entries = entriesOf(base.host, chart, index);
  const version = pickVersion(
    reference.version,
    entries.map((one) => one.version),
  );
  const found = entries.find((one) => one.version === version);
  const [url] = found?.urls ?? [];
  if (found === undefined || url === undefined)
    throw new ArtifactError('no-version', `${base.host} has no version of ${chart} in ${reference.version}`);
  const digest = digestOf(found);
  const fetch = async (): Promise<Uint8Array> => {
    const answer = await ask({ ...question, url: new URL(url, base), mostBytes: limits.artifactBytes });
    const failure = refusalOf(answer.status, `${chart} ${found.version} of ${base.host}`);
    if (failure) throw failure;
    if (digest !== undefined && sha256Hex(answer.body) !== digest)
      throw new ArtifactError(
        'corrupt',
        `${chart} ${found.version} of ${base.host} has another digest than its index says`,
      );
    return answer.body;
  };
  return { version: found.version, ...(digest !== undefined && { digest }), fetch };
};
