import type { RequestOptions } from 'node:https';

import { KubeConfig } from '@kubernetes/client-node';

import { KubernetesError } from '../kubernetes-error.js';

/** What a TLS connection to the API server is made with; certificates and key as PEM. */
export type TlsMaterial = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
};

/** How to reach an API server now: tokens expire, so it is asked for again. */
export type Access = {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
};

/** A kubeconfig's current context as credentials; exec plugins, token files and OIDC included, refreshed as they expire. */
export type Credentials = {
  readonly server: string;
  readonly proxy: string | undefined;
  /** A promise where it is being made: by a plugin, say, which may hang. It is not started again before it has ended. */
  readonly access: () => Access | Promise<Access>;
  /** Forgets what is remembered of tokens, after the server refused one. */
  readonly renew: () => void;
};

const rememberMs = 5_000;

const load = (name: string, text: string): KubeConfig => {
  const config = new KubeConfig();
  try {
    config.loadFromString(text);
  } catch (cause) {
    throw invalid(name, 'cannot be read as YAML or JSON', cause);
  }
  if (!config.getCurrentCluster()?.server) throw invalid(name, 'names no cluster in its current context');
  return config;
};

const invalid = (name: string, what: string, cause?: unknown): KubernetesError =>
  new KubernetesError(
    { code: 'kubeconfig-invalid', message: `the kubeconfig of ${name} ${what}` },
    undefined,
    cause,
  );

/** The kubeconfig's reader gives one piece of PEM, as text or as bytes. */
const pemOf = (name: 'ca' | 'cert' | 'key', options: RequestOptions) => {
  const read = options[name] as string | Uint8Array | undefined;
  return read === undefined ? {} : { [name]: Buffer.from(read as Uint8Array).toString() };
};

const accessOf = async (name: string, config: KubeConfig): Promise<Access> => {
  const options: RequestOptions & { auth?: string } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    // An exec plugin's standard error is the message; it may be long, and its last line says what is wrong.
    const last = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : String(cause);
    throw new KubernetesError(
      { code: 'unauthorized', message: `no credentials for ${name}: ${last.slice(0, 300)}` },
      undefined,
      cause,
    );
  }
  const { servername, rejectUnauthorized } = options;
  const basic = options.auth
    ? { Authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` }
    : {};
  return {
    headers: { ...basic, ...(options.headers as Record<string, string>) },
    tls: {
      ...pemOf('ca', options),
      ...pemOf('cert', options),
      ...pemOf('key', options),
      ...(servername !== undefined && { servername }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    },
  };
};

/** Reads a kubeconfig. Throws `kubeconfig-invalid` where it names no cluster. */
export const readCredentials = (name: string, kubeconfig: string): Credentials => {
  let config = load(name, kubeconfig);
  let remembered: { readonly access: Access; readonly until: number } | undefined;
  let making: Promise<Access> | undefined;
  const make = (): Promise<Access> => {
    const made = accessOf(name, config);
    const isOurs = (): boolean => making === made;
    made.then(
      (access) => {
        if (isOurs()) [remembered, making] = [{ access, until: performance.now() + rememberMs }, undefined];
      },
      () => {
        if (isOurs()) making = undefined;
      },
    );
    return (making = made);
  };
  const cluster = config.getCurrentCluster();
  return {
    server: (cluster?.server ?? '').replace(/\/+$/, ''),
    proxy: cluster?.proxyUrl,
    access: () =>
      remembered && remembered.until > performance.now() ? remembered.access : (making ?? make()),
    renew: () => {
      config = load(name, kubeconfig);
      [remembered, making] = [undefined, undefined];
    },
  };
};
