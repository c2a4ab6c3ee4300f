import { describe, expect, test } from 'vitest';

import { doctorText, fine, unchecked, wrong } from './check.js';
import { checkClusters, checkRepositories } from './fleet.js';
import { readMetrics } from './metrics.js';
import { checkFigures } from './services.js';

const seen = (verdict: string, checks: readonly { verdict: string; what: string }[]): readonly string[] =>
  checks.filter((one) => one.verdict === verdict).map(({ what }) => what);

describe('what doctor prints', () => {
  test('begins with what is wrong and how to mend it, and counts', () => {
    const text = doctorText([
      fine('git', 'git 2'),
      wrong('disk', 'is full', 'Free some.'),
      unchecked('fleet', 'is down'),
    ]);
    expect(text.split('\n')).toEqual([
      'wrong      disk: is full',
      '           → Free some.',
      'unchecked  fleet: is down',
      'fine       git: git 2',
      '1 thing is wrong, 1 could not be checked. 1 is fine.',
    ]);
  });

  test('says that nothing is wrong', () => {
    expect(doctorText([fine('git', 'git 2'), fine('node', '24')])).toMatch(
      /Nothing is wrong\. 2 are fine\.$/,
    );
  });
});

describe('figures of a service', () => {
  const figures = (text: string) => seen('wrong', checkFigures('api', readMetrics(text)));

  test('at rest are fine', () => {
    expect(
      figures('# HELP x y\nsyncline_log_filled_ratio 0.1\nsyncline_parked_subjects{reaction="a"} 0\n'),
    ).toEqual([]);
  });

  test('tell a log that cannot be signed', () => {
    expect(figures('syncline_checkpoints_failing 0\n')).toEqual([]);
    expect(figures('syncline_checkpoints_failing 1\n')).toHaveLength(1);
  });

  test('tell a log that gets full, parked subjects and views that are behind', () => {
    const said = figures(
      'syncline_log_filled_ratio 0.93\nsyncline_parked_subjects{reaction="a b"} 2\nsyncline_projection_lag_messages 4e3\n',
    );
    expect(said[0]).toMatch(/93 %/);
    expect(said[1]).toMatch(/2 of its subjects/);
    expect(said[2]).toMatch(/4000 messages/);
  });

  test('that are no metrics say nothing', () => expect(figures('<html>\n\n{}')).toEqual([]));
});

describe('clusters and repositories', () => {
  const repository = {
    repository: 'fleet',
    url: 'https://example.com/fleet',
    ref: { kind: 'branch', name: 'main' },
    paths: ['.'],
    pollSeconds: 60,
    state: 'ok',
  };

  test('a cluster that is lost is wrong, with its reason', () => {
    const lost = { cluster: 'eu', labels: {}, applier: 'hub', state: 'Lost', reason: 'connection refused' };
    expect(seen('wrong', checkClusters([lost]))).toEqual(['Lost: connection refused']);
    expect(seen('fine', checkClusters([{ ...lost, state: 'Connected' }]))).toEqual(['1 connected']);
  });

  test('a repository that fails, and one whose configuration is rejected, are wrong', () => {
    const failure = { class: 'network', reason: 'no route', since: '2026-05-04T14:32:00Z' };
    const errors = [
      { file: 'a.yaml', line: 3, reason: 'unknown field' },
      { file: 'b.yaml', line: 1, reason: 'x' },
    ];
    const configuration = { revision: 'abc', accepted: false, errors };
    expect(seen('wrong', checkRepositories([{ ...repository, failure }]))[0]).toMatch(/no route/);
    expect(seen('wrong', checkRepositories([{ ...repository, configuration }]))).toEqual([
      'configuration rejected: a.yaml:3 unknown field, and 1 more',
    ]);
    expect(seen('wrong', checkRepositories([repository]))).toEqual([]);
  });
});
