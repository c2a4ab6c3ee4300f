import type { LoggedEvent } from '@syncline/read-models';
import { describe, expect, it } from 'vitest';

import { trackPair } from './track-pair.js';

type Sided = LoggedEvent & { readonly side: 'a' | 'b' };
type Of = { readonly side: 'a' | 'b'; readonly type: string; readonly data: object };

const spec = (more: object = {}) => ({
  ...{
    repository: 'fleet',
    path: 'apps/shop',
    renderer: 'plain',
    namespace: 'shop',
    substitute: {},
    patches: [],
  },
  ...more,
});
const event = ({ side, type, data }: Of, at: number): Sided =>
  ({ side, type, data, position: `${at}.0`, time: new Date(at * 1_000).toISOString() }) as unknown as Sided;
const history = (...all: readonly (Of | readonly Of[])[]) => all.flat().map((one, at) => event(one, at + 1));

/** A revision comes to a target: asked for, planned and applied. */
const applied = (
  side: 'a' | 'b',
  revision: string,
  { manifests = `${side}${revision}`, more = {}, recorded = undefined as object | undefined } = {},
): readonly Of[] => [
  { side, type: 'PlanRequested', data: { revision, spec: spec(more), ...(recorded && { recorded }) } },
  { side, type: 'PlanDrafted', data: { plan: `p${side}${revision}${manifests}` } },
  {
    side,
    type: 'ApplySucceeded',
    data: {
      plan: `p${side}${revision}${manifests}`,
      revision,
      manifests: { digest: manifests },
      render: `r${manifests}`,
    },
  },
];
const unchanged = (side: 'a' | 'b', revision: string): readonly Of[] => [
  { side, type: 'PlanRequested', data: { revision, spec: spec() } },
  { side, type: 'PlanUnchanged', data: { revision } },
];
const drift = (side: 'a' | 'b', to: number): Of => ({
  side,
  type: 'DriftDetected',
  data: {
    objectCount: 1,
    objects: [
      {
        object: { kind: 'X', name: 'x' },
        uid: side,
        change: 'changed',
        fields: [{ path: '/a', to, manager: side }],
      },
    ],
  },
});
const healed = (side: 'a' | 'b'): Of => ({ side, type: 'DriftHealed', data: {} });
const gone = (side: 'a' | 'b'): Of => ({ side, type: 'TargetReleased', data: {} });
const differ = () => Promise.resolve(true);
const of = (...all: readonly (Of | readonly Of[])[]) => trackPair(history(...all), differ);

describe('two targets', () => {
  it("are the same where the same source is applied to both, whatever their clusters' own values are", async () => {
    const own = { substitute: { REGION: 'eu' } };
    expect(await of(applied('a', '1'))).toMatchObject({ status: 'unknown' });
    const pair = await of(applied('a', '1'), applied('b', '1', { more: own }));
    expect(pair).toMatchObject({
      status: 'equal',
      baseline: { a: 'a1', b: 'b1' },
      equalFrom: { position: '6.0' },
    });
  });

  it('part where one of them goes on alone, and are the same again when the other follows', async () => {
    const before = [applied('a', '1'), applied('b', '1'), applied('a', '2')];
    expect(await of(...before)).toMatchObject({
      ...{ status: 'parted', since: { side: 'a', position: '9.0', type: 'ApplySucceeded' } },
      ...{ equalFrom: { position: '6.0' }, equalUntil: { position: '9.0' } },
    });
    expect(await of(...before, applied('b', '2'))).toMatchObject({
      status: 'equal',
      equalFrom: { position: '12.0' },
    });
    expect(await of(...before, applied('a', '3'))).toMatchObject({ since: { position: '9.0' } });
  });

  it('do not part by a revision that changes nothing of either, or nothing but what differs anyway', async () => {
    expect(
      await of(applied('a', '1'), applied('b', '1'), unchanged('a', '2'), unchanged('b', '2')),
    ).toMatchObject({
      status: 'equal',
    });
    const asked: unknown[] = [];
    const same = (...about: unknown[]) => (asked.push(about), Promise.resolve(false));
    const events = history(applied('a', '1'), applied('b', '1'), applied('a', '2'));
    expect((await trackPair(events, same)).status).toBe('equal');
    expect(asked).toEqual([
      [
        { a: 'a2', b: 'b1' },
        { a: 'a1', b: 'b1' },
      ],
    ]);
  });

  it('part where one drifts, or drifts otherwise, and not where both drift alike', async () => {
    const both = [applied('a', '1'), applied('b', '1')];
    expect(await of(...both, drift('b', 3))).toMatchObject({
      status: 'parted',
      since: { side: 'b', type: 'DriftDetected' },
    });
    expect((await of(...both, drift('b', 3), drift('a', 3))).status).toBe('equal');
    expect((await of(...both, drift('b', 3), drift('a', 4))).status).toBe('parted');
    expect((await of(...both, drift('b', 3), healed('b'))).status).toBe('equal');
  });

  it('part where a recorded deployment runs again on one, or another chart was resolved for the same revision', async () => {
    const both = [applied('a', '1'), applied('b', '1')];
    expect((await of(...both, applied('a', '1', { manifests: 'old', recorded: { plan: 'x' } }))).status).toBe(
      'parted',
    );
    const chart = (version: string) => ({ helm: { chart: { version }, releaseName: 'shop', values: [] } });
    expect(
      (await of(applied('a', '1', { more: chart('1') }), applied('b', '1', { more: chart('2') }))).status,
    ).toBe('parted');
  });

  it('were never the same, or are not to be compared where one is let go of', async () => {
    const never = await of(applied('a', '1'), applied('b', '2'));
    expect(never.status).toBe('parted');
    expect(never.equalFrom).toBeUndefined();
    const left = await of(applied('a', '1'), applied('b', '1'), gone('b'));
    expect(left).toMatchObject({
      status: 'gone',
      since: { type: 'TargetReleased' },
      equalUntil: { position: '7.0' },
    });
    expect((await of(applied('a', '1'), applied('b', '1'), gone('b'), applied('b', '1'))).status).toBe(
      'equal',
    );
  });
});
