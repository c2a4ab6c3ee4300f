import { join } from 'node:path';

/** Where a local installation keeps what, under its state directory. */
export const placesIn = (state: string) => {
  const at = (...names: readonly string[]): string => join(state, ...names);
  return {
    state,
    layout: at('layout.json'),
    supervisor: at('pid'),
    children: at('children.json'),
    identities: at('identities.json'),
    ports: at('ports.json'),
    url: at('url'),
    token: at('token'),
    keys: at('keys'),
    key: (name: string) => at('keys', name),
    nats: at('nats'),
    postgres: at('postgres'),
    cluster: (name: string) => at('clusters', name),
    sandbox: at('sandbox'),
    git: at('git'),
    log: (name: string) => at('logs', `${name}.log`),
    service: (name: string) => at('services', name),
    registered: at('registered.json'),
    witness: at('witness', 'checkpoints'),
  };
};

export type Places = ReturnType<typeof placesIn>;
