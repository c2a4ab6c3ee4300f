import type { Places } from './places.js';
import type { Ports } from './ports.js';
import { hubApplier, type ServiceName } from './service-names.js';

/** What a service gets from the surroundings of whoever starts it: nothing but this. */
const passed: Record<'all' | ServiceName, readonly RegExp[]> = {
  all: [/^PATH$/, /^LANG$/, /^LC_/, /^TZ$/, /^TMPDIR$/, /^NODE_COMPILE_CACHE$/, /^SYNCLINE_LOG_LEVEL$/],
  'git-watcher': [/^HOME$/, /^(https?|no|all)_proxy$/i, /^NODE_EXTRA_CA_CERTS$/, /^SSL_CERT_/, /^GIT_SSL_/],
  planner: [/^HOME$/],
  applier: [
    /^HOME$/,
    /^(https?|no|all)_proxy$/i,
    /^NODE_EXTRA_CA_CERTS$/,
    /^(AWS|AZURE|GOOGLE|CLOUDSDK)_/,
    /^SYNCLINE_AUDIT_/,
  ],
  api: [/^SYNCLINE_(AGENT|CHECKPOINT|WITNESS|LOG_ORIGIN)/],
};

/** What the parts of an installation know of each other. */
export type Wiring = {
  readonly places: Places;
  readonly ports: Ports;
  readonly postgresUrl: string;
  readonly kustomize: string;
  readonly helm: string;
  /** JSON: the age public keys of the appliers, by name. */
  readonly recipients: string;
};

/** What holds for api unless the surroundings say another thing. */
const usualOfApi = ({ places }: Wiring): Record<string, string> => ({
  SYNCLINE_WITNESS_FILE: places.witness,
});

const ownOf = ({
  places,
  postgresUrl,
  kustomize,
  helm,
  recipients,
}: Wiring): Record<ServiceName, Record<string, string>> => ({
  'git-watcher': {
    SYNCLINE_PEOPLE_KEY_FILE: places.key('people.key'),
    SYNCLINE_PACK_KEY_FILE: places.key('pack.key'),
    SYNCLINE_IDENTITY_FILE: places.key('git-watcher.identity'),
  },
  planner: {
    SYNCLINE_PACK_KEY_FILE: places.key('pack.key'),
    SYNCLINE_KUSTOMIZE: kustomize,
    SYNCLINE_HELM: helm,
  },
  applier: {
    SYNCLINE_APPLIER: hubApplier,
    SYNCLINE_IDENTITY_FILE: places.key('applier.identity'),
    SYNCLINE_HMAC_KEY_FILE: places.key('hmac.key'),
  },
  api: {
    SYNCLINE_PEOPLE_KEY_FILE: places.key('people.key'),
    SYNCLINE_CHECKPOINT_KEY_FILE: places.key('checkpoint.key'),
    SYNCLINE_POSTGRES_URL: postgresUrl,
    SYNCLINE_PROVISIONER_FILE: places.key('provisioner.json'),
    SYNCLINE_APPLIER_RECIPIENTS: recipients,
    SYNCLINE_ADMIN_TOKEN_FILE: places.token,
  },
});

/** What a service may know of the surroundings of whoever starts it. */
export const inheritedBy = (
  service: ServiceName,
  surroundings: NodeJS.ProcessEnv,
): Record<string, string> => {
  const patterns = [...passed.all, ...passed[service]];
  const inherited = Object.entries(surroundings).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && patterns.some((pattern) => pattern.test(entry[0])),
  );
  return Object.fromEntries(inherited);
};

/** The whole environment of one service. */
export const environmentOf = (
  service: ServiceName,
  wiring: Wiring,
  surroundings: NodeJS.ProcessEnv,
): Record<string, string> => {
  const { places, ports } = wiring;
  const user = service === 'applier' ? `applier-${hubApplier}` : service;
  return {
    ...(service === 'api' && usualOfApi(wiring)),
    ...inheritedBy(service, surroundings),
    NODE_ENV: 'production',
    SYNCLINE_NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    SYNCLINE_NATS_CREDENTIALS_FILE: places.key(`nats/${user}.creds`),
    SYNCLINE_STATE_DIR: places.service(service),
    SYNCLINE_LISTEN: `127.0.0.1:${ports[service]}`,
    SYNCLINE_ID_KEY_FILE: places.key(`${service}.id.key`),
    ...ownOf(wiring)[service],
  };
};
