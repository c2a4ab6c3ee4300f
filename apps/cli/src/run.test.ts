import { describe, expect, test } from 'vitest';

import { createProgram } from './program.js';
import { run } from './run.js';
import type { Surroundings } from './shell/surroundings.js';

const screen = () => {
  const printed: string[] = [];
  const complained: string[] = [];
  const surroundings: Surroundings = {
    environment: { SYNCLINE_URL: 'http://127.0.0.1:9', SYNCLINE_TOKEN: 't' },
    out: (text) => printed.push(text),
    err: (text) => complained.push(text),
    colour: false,
    now: () => new Date(),
    readInput: () => Promise.resolve(''),
    signal: new AbortController().signal,
    setExitCode: () => undefined,
  };
  return { surroundings, printed, complained };
};

describe('a command', () => {
  test.each([
    [['wat'], /unknown command/],
    [['status', '-o', 'xml'], /Allowed choices are table, json, yaml/],
    [['wait', 'checkout'], /required option '--revision/],
    [['wait', 'checkout', '--revision', 'x', '--timeout', 'soon'], /60s/],
    [['reject', 'checkout'], /required option '--reason/],
    [['up', '--path', 'apps'], /--repo URL with --path/],
    [['up', '--context', 'kind'], /--kubeconfig FILE/],
    [['up', '--clusters', 'some'], /Allowed choices are auto, sandbox, real/],
    [['up', '--clusters', 'real', '--kubeconfig', 'f', '--context', 'c'], /not both/],
    [['cluster', 'add', 'c', '--kubeconfig', 'f', '--label', 'wrong'], /name=value/],
    [['repo', 'add', 'r', 'u', '--username', 'x'], /--password-stdin or --token-stdin/],
    [['repo', 'add', 'r', 'u', '--token-stdin', '--password-stdin'], /not both/],
  ])('that is called wrongly ends with 2: %j', async (args, complaint) => {
    const { surroundings, complained } = screen();
    expect(await run(args, surroundings)).toBe(2);
    expect(complained.join('\n')).toMatch(complaint);
  });

  test('that finds no API ends with 1 and one sentence on what to do', async () => {
    const { surroundings, complained, printed } = screen();
    expect(await run(['status'], surroundings)).toBe(1);
    expect(complained).toEqual([
      'Nothing answers at http://127.0.0.1:9. Start Syncline with npm start, or set SYNCLINE_URL to where it runs.',
    ]);
    expect(printed).toEqual([]);
  });

  test('that asks for help ends with 0', async () => {
    const { surroundings, printed } = screen();
    expect(await run(['log', 'tail', '--help'], surroundings)).toBe(0);
    expect(printed.join('\n')).toContain('Usage: syncline log tail');
  });
});

test('each word brings its command along, and any other all of them', async () => {
  const whole = await createProgram(screen().surroundings);
  for (const command of whole.commands) {
    const part = await createProgram(screen().surroundings, command.name());
    expect(part.commands.map((one) => one.name())).toContain(command.name());
    expect(part.commands.length).toBeLessThan(3);
  }
  const other = await createProgram(screen().surroundings, 'wat');
  expect(other.commands.length).toBe(whole.commands.length);
});

test('every command has help with an example, and the common options', async () => {
  const program = await createProgram(screen().surroundings);
  const leaves = program.commands.flatMap((one) => (one.commands.length > 0 ? one.commands : [one]));
  expect(leaves.length).toBeGreaterThan(20);
  for (const leaf of leaves) {
    let help = '';
    leaf.configureOutput({ writeOut: (text) => (help += text) });
    leaf.outputHelp();
    expect(help, leaf.name()).toMatch(/Examples:\n {2}\$ (?:[A-Z_]+=\S+ )?syncline /);
    // An agent is no client of an installation.
    if (leaf.name() === 'agent') continue;
    expect(leaf.options.map(({ long }) => long)).toEqual(expect.arrayContaining(['--output', '--state']));
  }
});
