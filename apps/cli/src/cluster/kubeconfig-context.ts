import { CommandRefused } from '@syncline/kernel';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const fields = z.record(z.string(), z.unknown());
const kubeconfig = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: fields })).default([]),
  clusters: z.array(z.object({ name: z.string(), cluster: fields })).default([]),
  users: z.array(z.object({ name: z.string(), user: fields })).default([]),
});
type Fields = z.infer<typeof fields>;

const readReferenced = async (path: string, file: string, encoding: BufferEncoding): Promise<string> => {
  const bytes = await readFile(path).catch(() => {
    throw new CommandRefused('kubeconfig-unreadable', `${file} refers to ${path}, which cannot be read.`);
  });
  return bytes.toString(encoding).trim();
};

/** Puts the contents of the files that a cluster or user refers to in the place of their paths. */
const inlineFiles = async (all: Fields, file: string): Promise<Fields> => {
  const inlined = { ...all };
  const pathOf = (name: string): string | undefined => {
    const value = all[name];
    return typeof value === 'string' && value !== '' ? resolve(dirname(file), value) : undefined;
  };
  for (const name of ['certificate-authority', 'client-certificate', 'client-key']) {
    const path = pathOf(name);
    if (path !== undefined) inlined[`${name}-data`] ??= await readReferenced(path, file, 'base64');
    Reflect.deleteProperty(inlined, name);
  }
  const tokenFile = pathOf('tokenFile');
  if (tokenFile !== undefined) inlined.token ??= await readReferenced(tokenFile, file, 'utf8');
  Reflect.deleteProperty(inlined, 'tokenFile');
  return inlined;
};

/** A plugin named by a relative path is looked for beside the kubeconfig, as kubectl does. */
const resolveExec = (user: Fields, file: string): Fields => {
  const exec = fields.safeParse(user.exec);
  const command = exec.success ? exec.data.command : undefined;
  if (typeof command !== 'string' || !command.includes('/')) return user;
  return { ...user, exec: { ...exec.data, command: resolve(dirname(file), command) } };
};

const parseKubeconfig = (text: string, file: string): z.infer<typeof kubeconfig> => {
  try {
    return kubeconfig.parse(parse(text));
  } catch {
    throw new CommandRefused('kubeconfig-unreadable', `${file} is no kubeconfig that can be read.`);
  }
};

/**
 * One context of a kubeconfig file as a kubeconfig of its own (JSON), whole without any other file; exec plugins stay
 * as they are. The current context where none is named.
 */
export const extractContext = async (file: string, context?: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandRefused('kubeconfig-unreadable', `${file} cannot be read.`);
  });
  const config = parseKubeconfig(text, file);
  const wanted = context ?? config['current-context'];
  const chosen = config.contexts.find(({ name }) => name === wanted);
  if (!chosen) {
    const names = config.contexts.map(({ name }) => name).join(', ');
    throw new CommandRefused(
      'no-such-context',
      `${file} has no context ${wanted ?? '(none is current)'}. It has: ${names === '' ? 'none' : names}.`,
    );
  }
  const cluster = config.clusters.find(({ name }) => name === chosen.context.cluster);
  const user = config.users.find(({ name }) => name === chosen.context.user);
  if (!cluster) {
    throw new CommandRefused(
      'kubeconfig-unreadable',
      `Context ${chosen.name} of ${file} names a cluster that the file does not have.`,
    );
  }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': chosen.name,
    contexts: [{ name: chosen.name, context: chosen.context }],
    clusters: [{ name: cluster.name, cluster: await inlineFiles(cluster.cluster, file) }],
    users: user ? [{ name: user.name, user: resolveExec(await inlineFiles(user.user, file), file) }] : [],
  });
};
