const safe = /^[A-Za-z0-9_-]$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A name as one NATS subject token: ASCII letters, digits, `_` and `-` stand for themselves, every other UTF-8 byte
 * as `%XX` (names may hold dots, spaces and stars). Throws a TypeError on an empty name.
 */
export const encodeToken = (name: string): string => {
  if (name === '') throw new TypeError('a subject token cannot be empty');
  return [...encoder.encode(name)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return safe.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
};

/** The name behind a token made by {@link encodeToken}. */
export const decodeToken = (token: string): string => {
  if (!token.includes('%')) return token;
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at += 1) {
    const escaped = token[at] === '%';
    bytes.push(escaped ? Number.parseInt(token.slice(at + 1, at + 3), 16) : token.charCodeAt(at));
    if (escaped) at += 2;
  }
  return decoder.decode(Uint8Array.from(bytes));
};

const join = (...names: readonly string[]): string => names.map(encodeToken).join('.');

/** The subject of each aggregate in stream EVENTS. Arguments are plain names. */
export const subjects = {
  repository: (repository: string) => `ev.repo.${join(repository)}`,
  artifacts: (repository: string) => `ev.repo.${join(repository)}.artifacts`,
  registry: (registry: string) => `ev.registry.${join(registry)}`,
  configuration: (repository: string) => `ev.config.${join(repository)}`,
  application: (project: string, application: string) => `ev.app.${join(project, application)}`,
  plan: (cluster: string, project: string, application: string) =>
    `ev.plan.${join(cluster, project, application)}`,
  restore: (restore: string) => `ev.restore.${join(restore)}`,
  fleet: (cluster: string) => `ev.fleet.${join(cluster)}`,
  link: (cluster: string) => `ev.cluster.${join(cluster)}.link`,
  clusterService: (cluster: string) => `ev.cluster.${join(cluster)}.service`,
  target: (cluster: string, project: string, application: string) =>
    `ev.cluster.${join(cluster)}.target.${join(project, application)}`,
  access: (actor: string) => `ev.access.${join(actor)}`,
  service: (service: string) => `ev.service.${join(service)}`,
  log: () => 'ev.log',
} as const;

/** A target's coordinates. */
export type TargetName = { readonly cluster: string; readonly project: string; readonly application: string };

/** Reads the names out of an `ev.plan.*` or `ev.cluster.*.target.*` subject; undefined for any other. */
export const parseTargetSubject = (subject: string): TargetName | undefined => {
  const match = /^ev\.(?:plan\.([^.]+)|cluster\.([^.]+)\.target)\.([^.]+)\.([^.]+)$/.exec(subject);
  const [cluster, project, application] = match ? [match[1] ?? match[2], match[3], match[4]] : [];
  if (cluster === undefined || project === undefined || application === undefined) return undefined;
  return {
    cluster: decodeToken(cluster),
    project: decodeToken(project),
    application: decodeToken(application),
  };
};
