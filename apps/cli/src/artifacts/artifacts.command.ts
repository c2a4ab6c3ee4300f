import type { Command } from 'commander';
import { z } from 'zod';

import { listOf, written } from '../client/contract.js';
import {
  addSignInOptions,
  readCredential,
  sealForGitWatcher,
  type CredentialOptions,
} from '../repo/credential.js';
import { tableText } from '../shell/formats.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

const registry = z.looseObject({
  registry: z.string(),
  url: z.string(),
  plainHttp: z.boolean(),
  hasCredential: z.boolean(),
});
const artifact = z.looseObject({
  repository: z.string(),
  artifact: z.looseObject({ url: z.string(), name: z.string().optional(), version: z.string() }),
  version: z.string().optional(),
  digest: z.string().optional(),
  failure: z.looseObject({ class: z.string(), since: z.string() }).optional(),
});

type AddOptions = CommonOptions & CredentialOptions & { readonly plainHttp?: boolean };

const add = async (
  surroundings: Surroundings,
  name: string,
  url: string,
  options: AddOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const credential = await readCredential(options, surroundings.readInput);
  const api = await session.api();
  const sealed = credential && { credential: await sealForGitWatcher(api, credential) };
  const body = { registry: name, url, plainHttp: options.plainHttp === true, ...sealed };
  const { position } = await api.post('/v1/registries', body, written);
  session.show(
    { registry: name, position },
    () => `Registry ${name} is registered for what lies below ${url}.`,
  );
};

const listRegistries = async (surroundings: Surroundings, options: CommonOptions & AsOf): Promise<void> => {
  const session = openSession(surroundings, options);
  const path = pathAt('/v1/registries', options, surroundings);
  const { items } = await (await session.api()).get(path, listOf(registry));
  const rows = items.map((one) => [
    one.registry,
    one.url,
    one.hasCredential ? 'yes' : '',
    one.plainHttp ? 'no' : 'yes',
  ]);
  session.show({ registries: items }, () =>
    items.length === 0
      ? 'No registry is registered: charts are read by everybody, over HTTPS.'
      : tableText(['REGISTRY', 'URL', 'CREDENTIAL', 'ENCRYPTED'], rows),
  );
};

const listArtifacts = async (surroundings: Surroundings, options: CommonOptions & AsOf): Promise<void> => {
  const session = openSession(surroundings, options);
  const path = pathAt('/v1/artifacts', options, surroundings);
  const { items } = await (await session.api()).get(path, listOf(artifact));
  const rows = items.map(({ repository, artifact: { url, name, version }, ...one }) => [
    repository,
    name === undefined ? url : `${url.replace(/\/+$/, '')}/${name}`,
    version,
    one.version ?? '',
    one.digest?.slice(0, 12) ?? '',
    one.failure ? `${one.failure.class} since ${one.failure.since}` : '',
  ]);
  session.show({ artifacts: items }, () =>
    items.length === 0
      ? 'No application names a chart that lies elsewhere.'
      : tableText(['REPOSITORY', 'ARTIFACT', 'RANGE', 'VERSION', 'DIGEST', ''], rows),
  );
};

/** `syncline registry` and `syncline artifact` */
export const addArtifacts = (program: Command, surroundings: Surroundings): void => {
  const registries = program
    .command('registry')
    .description('Say how Helm repositories and OCI registries are read that not everybody may read.');
  const adding = addLeaf(registries, {
    usage: 'add <name> <url>',
    about:
      'Register how what lies below an address is read. A credential is sealed before it leaves this machine, and is for that address alone.',
    examples: [
      'syncline registry add charts https://charts.example.com --username bot --password-stdin < password.txt',
      'syncline registry add internal oci://registry.example.com/charts --username bot --token-stdin < token.txt',
      'syncline registry add test oci://registry.test:5000 --plain-http',
    ],
  });
  addSignInOptions(adding)
    .option('--plain-http', 'it speaks HTTP without encryption')
    .action((name: string, url: string, options: AddOptions) => add(surroundings, name, url, options));
  const registryLists = addLeaf(registries, {
    usage: 'list',
    about: 'List the registries that are registered.',
    examples: ['syncline registry list', 'syncline registry list --at "2h ago"'],
  });
  addAt(registryLists).action((options: CommonOptions & AsOf) => listRegistries(surroundings, options));
  const artifacts = program
    .command('artifact')
    .description('Look at the charts that applications name and that lie elsewhere.');
  const artifactLists = addLeaf(artifacts, {
    usage: 'list',
    about: 'List what each of them leads to now, and what cannot be had.',
    examples: ['syncline artifact list', 'syncline artifact list --at "2h ago"'],
  });
  addAt(artifactLists).action((options: CommonOptions & AsOf) => listArtifacts(surroundings, options));
};
