import { eventually, numbersFrom } from '@syncline/testkit';
import type { RunningCluster } from '@syncline/toolchain';
import { setTimeout as sleep } from 'node:timers/promises';

import { configMap, declare, deployment } from '../platform/declared.js';
import type { FleetRepository } from '../platform/fleet-repository.js';
import type { Installation, TargetRow } from '../platform/installation.js';
import { deploymentPath, type LiveCluster } from '../platform/live-cluster.js';
import { signal } from '../platform/processes.js';

const parts = ['git-watcher', 'planner', 'applier', 'api', 'nats-server', 'postgres'] as const;
const applications = ['alpha', 'beta', 'gamma'] as const;
/** Of these drift is healed; of the others it is shown. */
const healed = new Set<string>(['alpha', 'beta']);
const settleMs = 60_000;

/** Where a fleet's life takes place. */
export type Scene = {
  readonly syncline: Installation;
  readonly fleet: FleetRepository;
  readonly cluster: RunningCluster;
  readonly live: LiveCluster;
};

/**
 * The life of a small fleet: each minute something happens that happens to fleets, drawn by a seed. A minute takes as long as
 * what happens in it.
 */
export class FleetLife {
  /** What happened, in words. */
  readonly told: string[] = [];
  /** When somebody was killed who watches, or who is watched. */
  readonly gaps: { readonly from: string }[] = [];
  readonly #next: () => number;
  #round = 0;

  constructor(
    private readonly scene: Scene,
    seed: number,
  ) {
    this.#next = numbersFrom(seed);
  }

  /** Declares the applications, waits until they run, and lets somebody edit one of them: that happens in any hour. */
  async begin(): Promise<void> {
    for (const name of applications) {
      await declare(this.scene.fleet, { name }, this.#manifests(name));
      if (!healed.has(name)) continue;
      const path = `applications/${name}.yaml`;
      await this.scene.fleet.edit(path, '  sync:\n', '  sync:\n    drift: heal\n');
    }
    await this.#pushed('three applications', applications);
    await this.#isEdited();
  }

  /** One minute. */
  async minute(): Promise<void> {
    const minutes = [
      this.#deploys, this.#deploys, this.#prunes, this.#breaks, this.#isRefused, this.#isEdited, this.#isEdited,
      this.#isScaled, this.#isDeleted, this.#isPutBack, this.#isAnnotated, this.#losesAPart, this.#losesItsServer,
      this.#isEditedUnseen, this.#isEditedWhileDeployed, this.#pauses,
    ]; // prettier-ignore
    await minutes[Math.floor(this.#next() * minutes.length)]!.call(this);
  }

  /** Waits until everything is as Git has it; what is only shown is put right by a new revision. */
  async end(): Promise<void> {
    for (const name of applications) await this.#write(name);
    await this.#pushed('the last revision', applications);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#next() * items.length)]!;
  }

  #say(words: string): void {
    this.told.push(`${new Date().toISOString()} ${words}`);
  }

  #manifests(name: string): Record<string, string> {
    this.#round += 1;
    return {
      'web.yaml': deployment(name, (this.#round % 4) + 1),
      'settings.yaml': configMap('settings', `round ${this.#round}`),
      'more.yaml': configMap('more', `${this.#round % 7}`),
    };
  }

  async #write(name: string): Promise<void> {
    for (const [file, text] of Object.entries(this.#manifests(name)))
      await this.scene.fleet.write(`apps/${name}/${file}`, text);
  }

  async #pushed(words: string, awaited: readonly string[] = []): Promise<string> {
    const { fleet } = this.scene;
    this.#say(`pushes ${words}`);
    const sha = await fleet.push(words);
    for (const name of awaited)
      await this.#settled(name, `has arrived at ${sha} (${words})`, isSettledAt(sha));
    return sha;
  }

  /** Waits until an application is as asked; who looks at what waits for a person approves it. */
  async #settled(name: string, what: string, holds: (row: Row) => boolean, deadlineMs = settleMs) {
    const { syncline } = this.scene;
    await eventually(
      async () => {
        const rows = (await syncline.fleet()).filter(({ application }) => application === name);
        for (const { plan } of rows.filter(({ sync }) => sync === 'AwaitingApproval'))
          await this.#approves(plan!);
        return rows.length > 0 && rows.every(holds);
      },
      deadlineMs,
      `${name}: ${what}`,
    );
  }

  /** What was superseded or found stale meanwhile needs no approval any more. */
  async #approves(plan: string): Promise<void> {
    const { code } = await this.scene.syncline.cli('approve', plan, '--reason', 'Looked at.');
    this.#say(`somebody approves ${plan.slice(0, 12)}: ${code}`);
  }

  async #deploys(): Promise<void> {
    const name = this.#pick(applications);
    await this.#write(name);
    await this.#pushed(`a revision of ${name}`, this.#next() < 0.7 ? [name] : []);
  }

  async #prunes(): Promise<void> {
    const { fleet } = this.scene;
    const name = this.#pick(applications);
    const path = `apps/${name}/extra.yaml`;
    const isThere = await fleet.read(path).then(
      () => true,
      () => false,
    );
    if (isThere) await fleet.remove(path);
    else await fleet.write(path, configMap('extra', `${this.#round}`));
    await this.#pushed(`${path} ${isThere ? 'gone' : 'new'}`, [name]);
  }

  /** An image that nobody can fetch, and its revert. */
  async #breaks(): Promise<void> {
    const { fleet } = this.scene;
    const name = this.#pick(applications);
    await fleet.edit(`apps/${name}/web.yaml`, /(image: "[^"]+):[^":]+"/, '$1:does-not-exist"');
    const sha = await this.#pushed(`a broken image of ${name}`);
    const isBroken = (row: Row): boolean => row.revision === sha && row.health !== 'Current';
    await this.#settled(name, 'is broken', isBroken);
    await this.#reverts(name);
  }

  async #reverts(name: string): Promise<void> {
    const { fleet } = this.scene;
    await fleet.git('revert', '--no-edit', 'HEAD');
    await fleet.git('push', '--quiet');
    this.#say('reverts');
    const sha = await fleet.git('rev-parse', 'HEAD');
    await this.#settled(name, `is reverted to ${sha}`, isSettledAt(sha));
  }

  async #isRefused(): Promise<void> {
    const { fleet } = this.scene;
    const name = this.#pick(applications);
    await fleet.write(`apps/${name}/web.yaml`, deployment(name, 2, '      nodeSelectors: { disk: fast }'));
    const sha = await this.#pushed(`a manifest of ${name} that the cluster refuses`);
    const hasFailed = (row: Row): boolean => row.desiredRevision === sha && row.sync === 'Failed';
    await this.#settled(name, 'has failed', hasFailed);
    await this.#reverts(name);
  }

  async #patch(path: string, manager: string, patch: unknown, type = 'application/json-patch+json') {
    const at = `${path}?fieldManager=${manager}`;
    const { code } = await this.scene.live.call('PATCH', at, patch, type);
    this.#say(`${manager} patches ${path}: ${code}`);
    // What was deleted before is not there to be patched, and a server that was killed answers later.
    if (code !== 200 && code !== 404) throw new Error(`${at} was answered with ${code}`);
  }

  async #edit(name: string): Promise<void> {
    this.#round += 1;
    const value = `registry.example.com/${name}:hotfix-${this.#round}`;
    const image = '/spec/template/spec/containers/0/image';
    await this.#patch(deploymentPath(name, name), 'kubectl-edit', [{ op: 'replace', path: image, value }]);
  }

  async #seen(name: string): Promise<void> {
    await sleep(1_500);
    if (!healed.has(name)) return;
    await this.#settled(name, 'is healed', ({ sync }) => sync === 'InSync');
  }

  async #isEdited(): Promise<void> {
    const name = this.#pick(applications);
    if (this.#next() < 0.5) await this.#edit(name);
    else {
      const data = { data: { value: `by hand ${(this.#round += 1)}` } };
      const path = `/api/v1/namespaces/${name}/configmaps/settings`;
      await this.#patch(path, 'kubectl-patch', data, 'application/merge-patch+json');
    }
    await this.#seen(name);
  }

  async #isScaled(): Promise<void> {
    const name = this.#pick(applications);
    const patch = { spec: { replicas: 5 + (this.#round % 3) } };
    const type = 'application/merge-patch+json';
    await this.#patch(`${deploymentPath(name, name)}/scale`, 'kubectl-scale', patch, type);
    await this.#seen(name);
  }

  async #isDeleted(): Promise<void> {
    const name = this.#pick([...healed]);
    const path = this.#pick([deploymentPath(name, name), `/api/v1/namespaces/${name}/configmaps/settings`]);
    const { code } = await this.scene.live.call('DELETE', path);
    this.#say(`somebody deletes ${path}: ${code}`);
    await this.#seen(name);
  }

  /** Somebody edits, and another one puts it back, where nobody heals. */
  async #isPutBack(): Promise<void> {
    const name = applications.find((one) => !healed.has(one))!;
    const path = `/api/v1/namespaces/${name}/configmaps/more`;
    const found = await this.scene.live.find(path);
    const type = 'application/merge-patch+json';
    await this.#patch(path, 'kubectl-edit', { data: { value: 'by hand' } }, type);
    await sleep(1_500);
    await this.#patch(path, 'kubectl-undo', { data: (found as { data: unknown } | undefined)?.data }, type);
    await sleep(1_500);
  }

  /** A write that is nobody's business. */
  async #isAnnotated(): Promise<void> {
    const name = this.#pick(applications);
    const metadata = { annotations: { 'example.com/seen': `${this.#round}` } };
    await this.#patch(deploymentPath(name, name), 'scanner', { metadata }, 'application/merge-patch+json');
  }

  async #losesAPart(): Promise<void> {
    const part = this.#pick(parts);
    const name = this.#pick(applications);
    await this.#write(name);
    await this.#pushed(`a revision of ${name} before ${part} is killed`);
    await sleep(this.#next() * 1_500);
    await this.#kill(part);
    for (const one of applications) await this.#settled(one, 'goes on', isWell, 2 * settleMs);
  }

  async #kill(part: string): Promise<void> {
    const kill = async (): Promise<boolean> => {
      try {
        signal(await this.scene.syncline.pidsOf(part), 'SIGKILL');
        return true;
      } catch (error) {
        // It was killed before, and is started again in a moment.
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
        throw error;
      }
    };
    this.gaps.push({ from: new Date().toISOString() });
    await eventually(kill, settleMs, `a living ${part}`);
    this.#say(`${part} is killed`);
  }

  async #losesItsServer(): Promise<void> {
    const { cluster } = this.scene;
    this.#say('the API server is killed');
    this.gaps.push({ from: new Date().toISOString() });
    await cluster.stopApiServer();
    await cluster.startApiServer();
    await this.#settled(this.#pick(applications), 'goes on', isWell);
  }

  /** What is edited while the applier is away is there when it is back. */
  async #isEditedUnseen(): Promise<void> {
    const name = this.#pick(applications);
    await this.#kill('applier');
    await this.#edit(name);
    await sleep(2_000);
    await this.#seen(name);
  }

  async #isEditedWhileDeployed(): Promise<void> {
    const name = this.#pick(applications);
    await this.#write(name);
    await this.#pushed(`a revision of ${name} that somebody edits meanwhile`);
    await sleep(this.#next() * 1_000);
    await this.#edit(name);
    await this.#seen(name);
  }

  async #pauses(): Promise<void> {
    const { syncline } = this.scene;
    const name = this.#pick(applications);
    this.#say(`${name} is paused`);
    await syncline.run('pause', name, '--reason', 'an inspection');
    await this.#write(name);
    await this.#pushed(`a revision of ${name} while it is paused`);
    await sleep(1_000);
    await syncline.run('resume', name);
    this.#say(`${name} is resumed`);
  }
}

type Row = Pick<TargetRow, 'sync' | 'health' | 'revision' | 'desiredRevision'>;

const isWell = ({ sync }: Pick<Row, 'sync'>): boolean => sync === 'InSync' || sync === 'Drifted';
const isSettledAt =
  (sha: string) =>
  ({ sync, revision }: Row): boolean =>
    isWell({ sync }) && revision === sha;
