import { encodeToken, manifestsDocument, subjects, type ConfigurationDocument } from '@syncline/events';
import { canonicalJson, clusterOwner } from '@syncline/kernel';
import { story } from '@syncline/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

type Answer = { readonly status: number; readonly body: unknown };
type Moment = { readonly instant: string; readonly position: string; readonly answers: Map<string, Answer> };

const parked = { service: 'planner', reaction: 'planning', subject: 'ev.plan.x.default.y' };
const restore = subjects.restore('back');
const step = { restore: 'back', step: 0, name: 'default/checkout' };

const digest = 'd'.repeat(64);
const access = subjects.access('person:ada');
const artifact = { url: 'https://charts.example.com', name: 'web', version: '^1' };
const artifactsOf = (type: string, data: object): story.Decision => ({
  subject: subjects.artifacts('fleet'),
  events: [{ type, data: { repository: 'fleet', artifact, ...data } }],
});
const blob = { digest, size: 1, mediaType: 'application/vnd.syncline.artifact' };

/** What the story lacks of what reads tell of. */
const more: readonly story.Decision[] = [
  {
    subject: access,
    events: [{ type: 'TokenIssued', data: { token: 't-1', name: 'ci', role: 'viewer', hash: digest } }],
  },
  artifactsOf('ArtifactResolved', { resolved: { version: '1.2.0', digest, blob } }),
  {
    subject: subjects.registry('charts'),
    events: [
      { type: 'RegistryRegistered', data: { registry: 'charts', url: artifact.url, plainHttp: false } },
    ],
  },
  artifactsOf('ArtifactFailed', { class: 'gone', reason: 'no such chart', since: '2026-05-04T14:00:00Z' }),
  { subject: access, events: [{ type: 'TokenRevoked', data: { token: 't-1' } }] },
  {
    subject: subjects.service('planner'),
    events: [{ type: 'SubjectParked', data: { ...parked, position: '3.0', attempts: 5, reason: 'no key' } }],
  },
  {
    subject: subjects.service('planner'),
    events: [{ type: 'SubjectResumed', data: { ...parked, position: '3.0' } }],
  },
  {
    subject: restore,
    events: [
      {
        type: 'RestoreRequested',
        data: { restore: 'back', asOf: '2026-05-04T14:00:00Z', steps: [], by: 'person:x' },
      },
    ],
  },
  { subject: restore, events: [{ type: 'RestoreStepOpened', data: step }] },
  { subject: restore, events: [{ type: 'RestoreCompleted', data: { restore: 'back' } }] },
  {
    subject: subjects.plan('prod-eu', 'default', 'checkout'),
    events: [
      {
        type: 'PlanSuperseded',
        data: { rollout: 'r-2', revision: story.revisionB, plan: story.planB, by: story.revisionA },
      },
    ],
  },
  { subject: subjects.fleet('prod-eu'), events: [{ type: 'ClusterRemoved', data: { cluster: 'prod-eu' } }] },
];

/** A drift that begins when it is said, and is said again as something else. */
let firstSeen = '';
const drifts: readonly (() => story.Decision)[] = [
  () => story.drifted(3, { firstSeen: (firstSeen = new Date().toISOString()) }),
  () => story.drifted(4, { firstSeen, flaps: 2 }),
];

/** Every read that answers as of an instant, but those whose answer of now is asked of others. */
const paths = [
  '/v1/plans',
  '/v1/plans?state=Applied',
  '/v1/plans?state=AwaitingApproval&cluster=prod-eu&limit=1',
  '/v1/plans?application=nothing',
  '/v1/drift?open=true',
  '/v1/clusters',
  '/v1/clusters/prod-eu',
  '/v1/repositories',
  '/v1/applications',
  '/v1/applications/default/checkout',
  `/v1/applications/default/checkout/revisions/${story.revisionA}`,
  `/v1/applications/default/checkout/revisions/${story.revisionB}`,
  `/v1/applications/default/checkout/revisions/${'9'.repeat(40)}`,
  '/v1/log/parked',
  '/v1/tokens',
  '/v1/restores/back',
  '/v1/events?limit=1000',
  '/v1/events?type=PlanApproved&limit=2',
];

let api: ApiUnderTest;
const moments: Moment[] = [];

const ask = async (path: string): Promise<Answer> => {
  const position = `${await api.hub.log.lastSequence()}.0`;
  const response = await api.request('GET', `${path}${path.includes('?') ? '&' : '?'}at-least=${position}`);
  return { status: response.status, body: await response.json() };
};

/** Without what says that it is an answer of then, or more than that of now; since when a target is so is counted otherwise there. */
const comparable = ({ status, body }: Answer): Answer => {
  const text = JSON.stringify(body, (key, value: unknown) =>
    ['at', 'since', 'position', 'instance', 'detail', 'rollout', 'approvedBy', 'approver', 'applied', 'notYetKnown', 'drift', 'images'].includes(key) && key !== ''
      ? undefined
      : value,
  ); // prettier-ignore
  return { status, body: JSON.parse(text) };
};

/** A configuration that the blobs hold, in place of one that they do not. */
const withDocument = (decision: story.Decision, digest: string): story.Decision => ({
  ...decision,
  events: decision.events.map((one) =>
    one.type === 'ConfigurationAccepted'
      ? { ...one, data: { ...(one.data as object), configuration: { digest, size: 1, mediaType: 'x' } } }
      : one,
  ),
});

beforeAll(async () => {
  api = await ApiUnderTest.start();
  const document: ConfigurationDocument = {
    version: 1,
    repository: 'fleet',
    revision: story.revisionA,
    applications: [
      { spec: story.checkoutSpec, file: 'apps/checkout.yaml', line: 1, affected: true, lineage: [] },
    ],
  };
  const { digest } = await api.hub.blobs.put('hub', new TextEncoder().encode(canonicalJson(document)), 'x');
  for (const make of [...[...story.wholeStory, ...more].map((one) => () => one), ...drifts]) {
    const decision = make();
    const sequence = await api.append(withDocument(decision, digest));
    await delay(5);
    const instant = new Date().toISOString();
    await delay(5);
    const answers = new Map<string, Answer>();
    for (const path of [...paths, `/v1/plans/${story.planA}`, `/v1/plans/${story.planB}`])
      answers.set(path, await ask(path));
    moments.push({ instant, position: `${sequence}.0`, answers });
  }
}, 120_000);
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

describe('a read as of an instant', () => {
  it.each(paths)('of %s says what it said then, whenever that was', async (path) => {
    const seen = new Set<string>();
    for (const { instant, position, answers } of moments) {
      const mark = path.includes('?') ? '&' : '?';
      const then = comparable(await ask(`${path}${mark}at=${instant}`));
      expect(then, `${path} as of ${position}`).toEqual(comparable(answers.get(path)!));
      seen.add(JSON.stringify(then));
    }
    // A story in which nothing changes would show nothing.
    if (!path.includes('nothing') && !path.includes('999')) expect(seen.size).toBeGreaterThan(1);
  });

  it('is of a plan as it was, with who had said yes by then', async () => {
    const states = await Promise.all(
      moments.map(async ({ instant }) => {
        const { items } = await api.get<{ items: { plan: string; state: string }[] }>(
          `/v1/plans?at=${instant}`,
        );
        return items.find(({ plan }) => plan === story.planB)?.state ?? 'none';
      }),
    );
    expect([...new Set(states)]).toEqual([
      'none',
      'AwaitingApproval',
      'Approved',
      'Applying',
      'Applied',
      'Superseded',
    ]);
    const before = moments[states.indexOf('AwaitingApproval')]!;
    const early = await ask(`/v1/plans/${story.planB}?at=${moments[0]!.instant}`);
    expect(early).toMatchObject({ status: 404, body: { code: 'plan-unknown' } });
    expect(before.answers.get(`/v1/plans/${story.planB}`)?.status).toBe(
      (await ask(`/v1/plans/${story.planB}?at=${before.instant}`)).status,
    );
  });
});

describe('resources as of an instant', () => {
  const path = '/v1/applications/default/checkout/resources';

  it('are what was applied, with the health that was said of it', async () => {
    const named = (kind: string) => ({
      apiVersion: 'v1',
      kind,
      metadata: { name: 'c', namespace: 'checkout' },
    });
    const document = manifestsDocument.parse({ version: 1, objects: [named('ConfigMap'), named('Service')] });
    const owner = clusterOwner(encodeToken('prod-eu'));
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    const manifests = await api.hub.blobs.put(owner, bytes, 'application/json');
    const applied = story.applySucceeded(story.revisionA, 'c-3', story.planC);
    await api.append(
      story.joined('prod-eu'),
      story.requested(story.revisionA, 'c-3', 'r-3'),
      story.approvedByRule(story.revisionA, 'c-3', 'r-3', story.planC),
      { ...applied, events: applied.events.map((one) => one.type === 'ApplySucceeded' ? { ...one, data: { ...(one.data as object), manifests } } : one) },
      story.healthIs('Current', story.revisionA, 'c-3', story.planC),
    ); // prettier-ignore
    await delay(5);
    const at = new Date().toISOString();
    expect(await api.get(`${path}?at=${at}`)).toMatchObject({
      at,
      targets: [
        {
          cluster: 'prod-eu',
          resources: [
            { object: { kind: 'ConfigMap', name: 'c', namespace: 'checkout' }, health: 'Current' },
            { object: { kind: 'Service' }, health: 'Current' },
          ],
          missing: [],
          notes: [expect.stringContaining('are not recorded') as string],
        },
      ],
    });
  });

  it('are none where nothing was placed or applied yet', async () => {
    const early = await ask(`${path}?at=${moments[0]!.instant}`);
    expect(early).toMatchObject({ status: 404, body: { code: 'target-unknown' } });
    const planned = moments.find((one) => JSON.stringify(one.answers.get('/v1/events?limit=1000')).includes('PlanRequested'))!; // prettier-ignore
    expect(await api.get(`${path}?at=${planned.instant}`)).toMatchObject({
      targets: [{ resources: [], notes: ['Nothing was applied then.'] }],
    });
  });
});

describe('artifacts and registries as of an instant', () => {
  const after = (type: string) =>
    moments.find((one) => JSON.stringify(one.answers.get('/v1/events?limit=1000')).includes(type))!.instant;

  it('are what had been found, and what could not be had', async () => {
    const list = (path: string, at: string) => api.get<{ items: unknown[] }>(`${path}?at=${at}`);
    expect((await list('/v1/artifacts', moments[0]!.instant)).items).toEqual([]);
    const found = { repository: 'fleet', artifact, version: '1.2.0', digest };
    expect((await list('/v1/artifacts', after('ArtifactResolved'))).items).toEqual([found]);
    expect((await list('/v1/artifacts', after('ArtifactFailed'))).items).toEqual([
      { ...found, failure: { class: 'gone', since: '2026-05-04T14:00:00Z' } },
    ]);
    expect((await list('/v1/registries', after('ArtifactResolved'))).items).toEqual([]);
    expect((await list('/v1/registries', after('RegistryRegistered'))).items).toEqual([
      { registry: 'charts', url: artifact.url, plainHttp: false, hasCredential: false },
    ]);
  });
});

describe('a read that has no past', () => {
  it.each([
    ['/v1/log', 'It says what is so now.'],
    ['/v1/log/checkpoint', 'A proof is of a position of the log, and not of an instant.'],
    ['/v1/log/export', 'An export is of positions of the log: from and to.'],
    ['/v1/suspects', 'It names what fails now.'],
    ['/v1/dora', 'It is asked about a period: since and until.'],
    ['/v1/fleet/diff?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', 'It is asked about two instants'],
    ['/v1/events/stream', 'It tells what comes'],
    ['/v1/recipients', 'It says what is so now.'],
  ])('%s says so, and does not answer as of now', async (path, why) => {
    const answer = await ask(`${path}${path.includes('?') ? '&' : '?'}at=${moments[3]!.instant}`);
    expect(answer).toMatchObject({ status: 422, body: { code: 'no-past' } });
    expect(JSON.stringify(answer.body)).toContain(why);
  });

  it('is each of the reads that are not told of above', async () => {
    const told = [
      'artifacts',
      'registries',
      'drift',
      'fleet',
      'why',
      'blame',
      'history',
      'manifests',
      'resources',
      'evidence',
    ];
    const open = api.routes.filter((one) => one.startsWith('GET /v1/') && !one.includes('*'));
    for (const route of open) {
      const path = route.slice('GET '.length);
      const known = [...paths.map((one) => one.split('?')[0]!), ...told];
      const isPast = known.some((one) => path.replaceAll(/:\w+/g, '').startsWith(one)) || told.some((one) => path.includes(one)); // prettier-ignore
      if (isPast || path.includes(':')) continue;
      const { status } = await ask(`${path}?at=${moments[3]!.instant}`);
      expect([path, status === 200 ? 'answers as of now' : 'refuses']).toEqual([path, 'refuses']);
    }
  });
});
