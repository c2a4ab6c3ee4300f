import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { digestOf } from '@syncline/kernel';
import { describe, expect, it } from 'vitest';

import { PlanRecorder } from '../planning/plan-recorder.js';
import { shadowed } from '../testing/shadowed.js';
import { eventsOf } from './recorded-slice.js';
import { SliceFile } from './slice-file.js';

const folder = fileURLToPath(new URL('../../histories/', import.meta.url));
const histories = (await readdir(folder, { recursive: true }))
  .filter((one) => one.endsWith('.export'))
  .sort();

/** What the histories of a version are to show together (docs/shadow.md). */
const shown = [
  'ApplicationDeclared', 'ApplicationRevised', 'ApplicationRetired', 'RolloutStarted', 'RolloutSuperseded', 'RolloutHalted',
  'RolloutResumed', 'RolloutCompleted', 'ApplicationPaused', 'ApplicationResumed', 'PlanDrafted', 'PlanUnchanged', 'PlanApproved',
  'PlanRejected', 'PlanSuperseded', 'PlanHeld', 'RenderFailed', 'ObjectsPruned', 'DriftDetected', 'DriftHealed',
  'ReplayRequested', 'ReplayEnded', 'UndeleteRequested', 'RestoreRequested', 'RestoreCompleted', 'ClusterRegistered',
  'ClusterRelabelled', 'ClusterRemoved', 'ClusterLost', 'ConfigurationRejected', 'RevisionRefused', 'TargetReleased',
]; // prettier-ignore

class NamesAnotherChange extends PlanRecorder {
  override async commandFor(...args: Parameters<PlanRecorder['commandFor']>) {
    const command = await super.commandFor(...args);
    if (command.type !== 'draft') return command;
    return { ...command, draft: { ...command.draft, change: digestOf(command.draft.change) } };
  }
}

describe.each(histories)('the recorded history %s', (name) => {
  const opened = async () => (await SliceFile.open(join(folder, name))).slice;

  it('is decided today as it was', async () => {
    const slice = await opened();
    const { report, differences } = await shadowed(slice, [], { stillOpenMs: 0 });
    await slice.close();
    expect(differences).toEqual([]);
    expect(report).toMatchObject({ messages: slice.size, same: report.decisions, notReplayed: {} });
    expect(report.decisions).toBeGreaterThan(40);
  });

  it('shows each plan that a changed planner would make otherwise', async () => {
    const slice = await opened();
    const { differences } = await shadowed(slice, [{ provide: PlanRecorder, useClass: NamesAnotherChange }]);
    let drafted = 0;
    for (let at = 1; at <= slice.size; at += 1) {
      const message = await slice.message(at);
      if (message && eventsOf(message).some(({ type }) => type === 'PlanDrafted')) drafted += 1;
    }
    await slice.close();
    expect(differences.filter(({ kind }) => kind === 'other')).toHaveLength(drafted);
    expect(drafted).toBeGreaterThan(10);
  });

  it('holds no key, no value of a Secret, no path of a machine, and not the name of this one', async () => {
    const text = (await readFile(join(folder, name))).toString('latin1');
    const machine = new RegExp(`[^A-Za-z0-9+/=_-]${hostname()}[^A-Za-z0-9+/=_-]`, 'g');
    const found = [
      /PRIVATE KEY|AGE-SECRET-KEY|BEGIN OPENSSH/g,
      /(?:^|[\s"'=:(])\/(?:tmp|home|root|work|var|Users|proc)\/.{0,40}/g,
      // A value of a Secret is a reference in a manifest, and an HMAC in a plan.
      /"(?:stringData|password|passwd)":"(?!syncline-secret:).{0,40}/g,
      machine,
    ].flatMap((pattern) => [...text.matchAll(pattern)].map(([one]) => one));
    expect(found).toEqual([]);
  });
});

it('the histories of a version show everything that the planner decides about', async () => {
  const versions = Map.groupBy(histories, (name) => name.split('/')[0]);
  expect(versions.size).toBeGreaterThan(0);
  const seen = new Set<string>();
  for (const name of histories) {
    const { slice } = await SliceFile.open(join(folder, name));
    for (let at = 1; at <= slice.size; at += 1) {
      const message = await slice.message(at);
      if (message) for (const { type } of eventsOf(message)) seen.add(type);
    }
    await slice.close();
  }
  expect(shown.filter((type) => !seen.has(type))).toEqual([]);
});
