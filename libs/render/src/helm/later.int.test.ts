import type { ValuesLayer } from '@syncline/events';
import { resolveBinaries } from '@syncline/toolchain';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { RenderError } from '../render-error.js';
import { folderTree } from '../tree/folder-tree.js';
import { renderChart } from './build.js';

type Files = Readonly<Record<string, string>>;

const run = promisify(execFile);
const roots: string[] = [];
let helm = '';

beforeAll(async () => {
  ({ helm } = await resolveBinaries(['helm']));
});
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

const definition = (name: string, more = ''): string =>
  `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n${more}`;
const object = (...data: readonly string[]): string =>
  ['apiVersion: v1', 'kind: ConfigMap', 'metadata: { name: times }', 'data:', ...data, ''].join('\n');

const write = async (files: Files): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'syncline-later-'));
  roots.push(root);
  for (const [path, text] of Object.entries({ 'app/Chart.yaml': definition('web'), ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
};

/** What comes of a chart: its first object's data, or the refusal. */
const renderIn = async (root: string, values: ValuesLayer[] = []): Promise<unknown> => {
  const spec = { chart: { path: 'app' }, releaseName: 'shop', values };
  try {
    const [first] = await renderChart(folderTree(root), spec, { root, helm, namespace: 'shop' });
    return (first?.object as { readonly data?: unknown } | undefined)?.data;
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return `${error.code} ${error.file ?? '-'}:${error.line ?? 0} ${error.message}`;
  }
};
const comesTo = async (files: Files, values?: ValuesLayer[]): Promise<unknown> =>
  renderIn(await write(files), values);

const refusedFor = (what: string, by: string, place = by): string =>
  `render-unstable ${/\((.*?)\)/.exec(place)?.[1] ?? ''} renders to something else another time: ConfigMap times ${what}, by ${by}. Give by values what the chart makes up by chance or from the clock`;

describe('a chart whose objects hold the day is refused with the call', () => {
  test.each([
    ['of today', '{{ now | date "2006-01-02" }}'],
    ['of today in a zone', '{{ dateInZone "2006-01-02" (now) "UTC" }}'],
    ['of today for HTML', '{{ htmlDate now }}'],
    ['as a field of the time', '{{ now.Year }}'],
    ['of the month, as a method', '{{ (now).UTC.Format "January" }}'],
    ['of the week', '{{- $at := now }} {{ $at.Weekday }}'],
    ['in seconds that are made days', '{{ div (now | unixEpoch) 86400 }}'],
    ['that a condition asks for', `{{ if gt now.Year ${new Date().getUTCFullYear()} }}after{{ else }}before{{ end }}`],
    ['made a sum', '{{ now | date "2006-01-02" | sha256sum }}'],
  ])('%s', async (_, call) => {
    const found = await comesTo({ 'app/templates/times.yaml': object('  fixed: x', `  at: x${call}`) });
    expect(found).toBe(refusedFor('/data/at', 'now (app/templates/times.yaml:6)'));
  }); // prettier-ignore
});

describe('so is one that asks for it', () => {
  const label = (expression: string) => `{{- define "stamp" -}}\n{{ ${expression} }}\n{{- end }}\n`;
  const including = { 'app/templates/times.yaml': object('  at: x{{ include "stamp" . }}') };

  test('in a template that another one includes', async () => {
    const files = { ...including, 'app/templates/_stamp.tpl': label('now | date "2006-01-02"') };
    expect(await comesTo(files)).toBe(refusedFor('/data/at', 'now (app/templates/_stamp.tpl:2)'));
  });

  test('in a library chart', async () => {
    const files = {
      ...including,
      'app/Chart.yaml': definition('web', 'dependencies: [{ name: lib, version: 0.1.0 }]\n'),
      'app/charts/lib/Chart.yaml': definition('lib', 'type: library\n'),
      'app/charts/lib/templates/_stamp.tpl': label('now | date "2006-01-02"'),
    };
    expect(await comesTo(files)).toBe(refusedFor('/data/at', 'now (app/charts/lib/templates/_stamp.tpl:2)'));
  });

  test('in a packed subchart of a packed subchart', async () => {
    const root = await write({
      'app/charts/.keep': '',
      'pack/inner/Chart.yaml': definition('inner'),
      'pack/inner/templates/times.yaml': object('  at: {{ now | date "2006-01-02" }}'),
      'pack/outer/Chart.yaml': definition('outer'),
      'pack/outer/charts/.keep': '',
      'pack/outer/templates/other.yaml': object('  a: b').replace('times', 'other'),
    });
    const tar = (from: string, folder: string, to: string) =>
      run('tar', ['-czf', join(root, to, `${folder}-0.1.0.tgz`), '-C', join(root, from), folder]);
    await tar('pack', 'inner', 'pack/outer/charts');
    await tar('pack', 'outer', 'app/charts');
    const place = 'now (app/charts/outer/charts/inner/templates/times.yaml:5)';
    expect(await renderIn(root)).toBe(refusedFor('/data/at', place));
  });

  test('in values that are executed', async () => {
    const executing = { 'app/templates/times.yaml': object('  at: {{ tpl .Values.at . | quote }}') };
    const inChart = { ...executing, 'app/values.yaml': `at: "{{ now | date \\"2006-01-02\\" }}"\n` };
    expect(await comesTo(inChart)).toBe(refusedFor('/data/at', 'now (app/values.yaml:1)'));
    const inFile = { ...executing, 'app/eu.yaml': `x: 1\nat: '{{ now | date "2006-01-02" }}'\n` };
    expect(await comesTo(inFile, [{ file: 'app/eu.yaml' }])).toBe(
      refusedFor('/data/at', 'now (app/eu.yaml:2)'),
    );
    const declared = { ...executing, 'web.yaml': `spec:\n  values:\n    at: '{{ now | date "2006" }}'\n` };
    expect(await comesTo(declared, [{ file: 'web.yaml', at: '/0/spec/values' }])).toBe(
      refusedFor('/data/at', 'now (web.yaml:2)'),
    );
  });

  test('and how long something is ago', async () => {
    const text = object('  at: {{ ago (toDate "2006-01-02" "2024-01-01") }}');
    expect(await comesTo({ 'app/templates/times.yaml': text })).toBe(
      refusedFor('/data/at', 'ago (app/templates/times.yaml:5)'),
    );
  });

  test('and fails on another day', async () => {
    const text = object(
      `  at: {{ if gt now.Year ${new Date().getUTCFullYear()} }}{{ fail "over" }}{{ end }}x`,
    );
    expect(await comesTo({ 'app/templates/times.yaml': text })).toMatch(
      /^render-unstable app\/templates\/times.yaml:5 renders now, and fails another time: helm: .*over$/,
    );
  });

  test('and makes up an object by the day', async () => {
    const text = `{{- range until (sub now.Year ${new Date().getUTCFullYear() - 1} | int) }}\n---\n${object('  a: b').replace('times', 'times-{{ . }}')}{{- end }}`;
    expect(await comesTo({ 'app/templates/times.yaml': text })).toMatch(
      /^render-unstable app\/templates\/times.yaml:1 renders to something else another time: ConfigMap times-1 \/.*, by now /,
    );
  });
});

describe('a chart is rendered whose objects do not depend on the time', () => {
  test.each([
    ['though a branch that is not taken does', '{{ if .Values.stamped }}{{ now | date "2006-01-02" }}{{ end }}'],
    ['though a comment of a template names it', '{{/* now | date */}}'],
    ['though a text and a field are called so', '{{ "now" | trimAll "now" }}{{ `now` | trimAll "now" }}{{ .Values.now }}'],
    ['though it asks, and prints nothing of it', '{{ $now := now }}{{ if $now }}{{ end }}'],
    ['though it tells a day that is given', '{{ if ne (toDate "2006-01-02" "2024-02-29" | date "01") "02" }}x{{ end }}'],
  ])('%s', async (_, text) => {
    expect(await comesTo({ 'app/templates/times.yaml': object(`  at: x${text}`) })).toEqual({ at: 'x' });
  }); // prettier-ignore

  test('though a comment of what it prints holds it', async () => {
    const text = `# made at {{ now }}\n${object('  at: x')}`;
    expect(await comesTo({ 'app/templates/times.yaml': text })).toEqual({ at: 'x' });
  });

  test('though its values and files hold templates of others', async () => {
    const files = {
      'app/templates/times.yaml': object(
        '  value: {{ .Values.rule | toYaml }}',
        '  json: {{ .Values.rule | toJson }}',
        '  file: {{ .Files.Get "rule.txt" | quote }}',
      ),
      'app/values.yaml': `rule: 'since {{ now }}, "then"'\n`,
      'app/rule.txt': 'since {{ now }}',
    };
    const rule = 'since {{ now }}, "then"';
    expect(await comesTo(files)).toEqual({ value: rule, json: rule, file: 'since {{ now }}' });
  });
});
