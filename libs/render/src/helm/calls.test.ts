import { expect, test } from 'vitest';

import { callsIn, lineAt } from './calls.js';

const found = (text: string): readonly string[] =>
  callsIn(text).map(({ name, at }) => `${name}:${lineAt(text, at)}`);

test.each([
  ['{{ now }}', ['now:1']],
  ['{{- now -}}\n{{ now.Year }}{{(now)|date "2006"}}', ['now:1', 'now:2', 'now:2']],
  ['{{ if eq 1 2 }}\n{{ else if now }}{{ end }}', ['now:2']],
  ['{{ printf "%s }} %s"\n now (randAlphaNum 8) }}', ['now:2', 'randAlphaNum:2']],
  ['a: "{{ now | date \\"2006\\" }} and {{ \\"now\\" | upper }}"', ['now:1']],
  ['{{ `now }}` }}{{ uuidv4 }}', ['uuidv4:1']],
  [`{{ '"' }}{{ now }}{{ '\\'' }}{{ now }}`, ['now:1', 'now:1']],
])('finds the calls of %s', (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test.each([
  'now: now is the time',
  '{{/* now */}}{{- /*\n now }} uuidv4 */ -}} now',
  '{{ "now" }}{{ .now }}{{ $now }}{{ .Values.now }}{{ $.now }}{{ nowadays }}{{ renow }}{{ now_ }}',
  '{{ `now` }}{{ "\\"now" }}{{ define "x.now" }}',
  '{{/* not ended now',
])('finds none in %s', (text) => {
  expect(found(text)).toEqual([]);
});

test('reads megabytes of what is no template in time', () => {
  const megabyte = 1024 * 1024;
  for (const part of ['{{', '{{ "', "{{ '\\'", '{{/*', '{{ `', '"\\"', '{{ now'])
    expect(() => callsIn(`{{ ${part.repeat(megabyte / part.length)}`)).not.toThrow();
}, 10_000);
