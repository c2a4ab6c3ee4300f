import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { startProcess, type ManagedProcess } from '@syncline/toolchain';

import { commandLine, root, type Outcome } from './command-line.js';

const minute = 60_000;

/** One row of `status -o json`. */
export type TargetRow = {
  readonly project: string;
  readonly application: string;
  readonly cluster: string;
  readonly revision: string | null;
  readonly desiredRevision: string | null;
  readonly plan: string | null;
  readonly sync: string;
  readonly health: string;
  readonly since: string;
  readonly message?: string;
};

/** An event as the API gives it out. */
export type ApiEvent = {
  readonly position: string;
  readonly type: string;
  readonly subject: string;
  readonly correlationid: string;
  readonly data: Record<string, unknown>;
};

/** A running installation, seen from outside: command line, API, files. */
export class Installation {
  readonly cli: (...args: readonly string[]) => Promise<Outcome>;

  constructor(readonly state: string) {
    this.cli = commandLine(state);
  }

  /** Runs a command that must succeed and gives what it printed. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cli(...args);
    if (code !== 0) throw new Error(`syncline ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Every target as `status -o json` tells it. */
  async targets(): Promise<readonly TargetRow[]> {
    return (JSON.parse(await this.run('status', '-o', 'json')) as { targets: TargetRow[] }).targets;
  }

  /** Every target as the API tells it: what is asked again and again is asked there, for a command costs a process. */
  async fleet(): Promise<readonly TargetRow[]> {
    const { body } = await this.api('GET', '/v1/fleet');
    return (body as { targets: TargetRow[] }).targets;
  }

  /** The targets of one application. */
  async targetsOf(application: string): Promise<readonly TargetRow[]> {
    return (await this.targets()).filter((one) => one.application === application);
  }

  /** Waits until every target of an application looks as asked, and gives them. */
  async untilTargets(
    application: string,
    what: string,
    holds: (target: TargetRow) => boolean,
    deadlineMs = minute,
  ): Promise<readonly TargetRow[]> {
    let seen: readonly TargetRow[] = [];
    try {
      return await eventually(
        async () => {
          const isSo = (rows: readonly TargetRow[]): boolean => {
            seen = rows.filter((one) => one.application === application);
            return seen.length > 0 && seen.every(holds);
          };
          return isSo(await this.fleet()) && isSo(await this.targets()) && seen;
        },
        deadlineMs,
        `${application}: ${what}`,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${JSON.stringify(seen, null, 1)}`, { cause: error });
    }
  }

  /** Waits until an application is Current at a revision on each of its clusters, by the command for it. */
  async arrived(application: string, sha: string, timeout = '60s'): Promise<void> {
    await this.run('wait', application, '--revision', sha, '--timeout', timeout);
  }

  /** One call of the API with the administrator's token. */
  async api(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; body: unknown }> {
    const base = (await readFile(join(this.state, 'url'), 'utf8')).trim();
    const token = (await readFile(join(this.state, 'token'), 'utf8')).trim();
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { code: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  /** Where the log stands. */
  async position(): Promise<string> {
    const { body } = await this.api('GET', '/v1/log');
    return (body as { position: string }).position;
  }

  /** The events after a position, oldest first. */
  async events(after: string, query = ''): Promise<readonly ApiEvent[]> {
    const all: ApiEvent[] = [];
    for (let from = after; ;) {
      const { body } = await this.api('GET', `/v1/events?after=${from}&limit=500${query}`);
      const { items, next } = body as { items: ApiEvent[]; next?: string };
      all.push(...items);
      if (next === undefined || items.length === 0) return all;
      from = next;
    }
  }

  /** Waits for an event after a position. */
  untilEvent(
    after: string,
    type: string,
    holds: (event: ApiEvent) => boolean = () => true,
    deadlineMs = minute,
  ): Promise<ApiEvent> {
    return eventually(
      async () => (await this.events(after, `&type=${type}`)).find(holds),
      deadlineMs,
      `an event ${type} after ${after}`,
    );
  }

  /** The processes of one part of the installation: a service, `postgres`, or all of a cluster's. */
  async pidsOf(part: string): Promise<readonly number[]> {
    const children = JSON.parse(await readFile(join(this.state, 'children.json'), 'utf8')) as Record<
      string,
      number[]
    >;
    const pids = children[part];
    if (pids === undefined) throw new Error(`${part} is not among ${Object.keys(children).join(', ')}`);
    return pids;
  }
}

/** A started installation in the foreground of this test process: it ends with it, whatever happens. */
export const startInstallation = async (
  state: string,
  ...args: readonly string[]
): Promise<{ installation: Installation; process: ManagedProcess; said: () => Promise<string> }> => {
  const logFile = `${state}.up.log`;
  const process = await startProcess({
    name: 'syncline up',
    command: join(root, 'syncline'),
    args: ['up', '--state', state, ...args],
    logFile,
    graceMs: 30_000,
  });
  return { installation: new Installation(state), process, said: () => readFile(logFile, 'utf8') };
};

/** Waits until the whole fleet is in sync and Current, as status says; fails at once where the process ends. */
export const untilHealthy = async (
  installation: Installation,
  process: ManagedProcess,
  targets: number,
  deadlineMs: number,
): Promise<readonly TargetRow[]> => {
  const isHealthy = (rows: readonly TargetRow[]): boolean =>
    rows.length >= targets && rows.every((one) => one.sync === 'InSync' && one.health === 'Current');
  const rows = await eventually(
    async () => {
      if (process.hasEnded()) return 'ended' as const;
      if (!isHealthy(await installation.fleet())) return false;
      const told = await installation.targets();
      return isHealthy(told) && told;
    },
    deadlineMs,
    'a healthy fleet',
  );
  if (rows === 'ended') throw new Error(await process.ended);
  return rows;
};
