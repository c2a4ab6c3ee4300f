/** A ConfigMap; `rest` is YAML of its own. */
export const configMap = (name: string, rest = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${rest}`;

const many = (count: number, each: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => each(index)).join('');

const listOf = (count: number): string =>
  `apiVersion: v1\nkind: List\nitems:\n${many(count, (at) => `- {apiVersion: v1, kind: ConfigMap, metadata: {name: n${at}}}\n`)}`;

const letters = Array.from('abcdefghijkl');

/** Text of manifests that somebody could push to do harm, by what is wrong with them. Made when asked for: some are large. */
export const manifests = {
  'an alias bomb': () =>
    letters
      .map((letter, index) => {
        const below = letters[index - 1];
        const members = Array<string>(10).fill(below === undefined ? '1' : `*${below}`);
        return `${letter}: &${letter} [${members.join(',')}]\n`;
      })
      .join(''),
  'a long text five hundred times': () =>
    `a: &a "${'x'.repeat(1_000_000)}"\nb: [${Array<string>(400).fill('*a').join(',')}]\n`,
  'a cycle of aliases': () => `&a [*a]\n`,
  '100 MB of YAML': () => configMap('a', `data:\n  a: "${'x'.repeat(100_000_000)}"\n`),
  '15 MB of small values': () => configMap('a', `data:\n${many(550_000, (at) => `  k${at}: "v${at}"\n`)}`),
  '15 MB of empty lists': () => `x: [${'[],'.repeat(5_000_000)}]\n`,
  '50,000 documents': () => many(50_000, (at) => `---\n${configMap(`n${at}`)}`),
  'four million empty documents': () => '---\n'.repeat(4_000_000),
  'a list of 20,000 objects': () => listOf(20_000),
  'a list of 200,000 objects': () => listOf(200_000),
  '100,000 levels of lists': () => `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
  '100,000 levels of mappings': () => `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  '100,000 levels on one line': () => `${'- '.repeat(100_000)}a\n`,
  'a million anchors': () => many(1_000_000, (at) => `- &a${at} 1\n`),
  'a key that stands twice': () => configMap('a', 'data:\n  a: 1\n  a: 2\n'),
  'one object twice': () => `${configMap('a')}---\n${configMap('a')}`,
  'a key __proto__': () => configMap('a', 'data: {}\n__proto__: { polluted: true }\n'),
  'an anchor of another document': () => 'a: &a 1\n---\nb: *a\n',
  'a tab for indentation': () => 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n',
  'a NUL': () => configMap('a', 'data: {a: "\u0000"}\n'),
  'a byte order mark in the middle': () => `${configMap('a')}---\n\ufeff${configMap('b')}`,
  'a function of another language': () => `${configMap('a')}x: !!js/function "function () {}"\n`,
  'a number beyond every machine': () => configMap('a', `data: { a: ${'9'.repeat(400)} }\n`),
  infinity: () => configMap('a', 'data: { a: .inf }\n'),
  'no name': () => 'apiVersion: v1\nkind: ConfigMap\n',
  'a name to be generated': () => 'apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\n',
  'a name that is a number': () => configMap('12'),
  'a name with a star': () => configMap('"*"'),
  'a name with a space': () => configMap('"a b"'),
  'a name of 254 characters': () => configMap('a'.repeat(254)),
  'a name that is a path': () => configMap('../../secrets/token'),
  'a name that leads up': () => 'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: ".."\n',
  'a name with a line break': () => configMap('"a\\nb"'),
  'a name with an escape': () => configMap('"\\e]0;owned\\a\\e[31ma"'),
  'a kind with wildcards of subjects': () => 'apiVersion: v1\nkind: "ev.>.*"\nmetadata: { name: a }\n',
  'a namespace with wildcards of subjects': () =>
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: "a.>.*"\n',
  'an apiVersion that is a path': () => 'apiVersion: ../v1/x\nkind: ConfigMap\nmetadata: { name: a }\n',
  'an item that is nothing': () => 'apiVersion: v1\nkind: List\nitems:\n- null\n',
  'no object': () => 'hello\n',
  nothing: () => '',
  'comments alone': () => '# one\n# two\n',
} as const satisfies Readonly<Record<string, () => string>>;

/** Bytes of a manifest that are no UTF-8: a name in Latin-1. */
export const latin1Manifest = (): Uint8Array => Buffer.from(configMap('"caf\u00e9"'), 'latin1');

/** An overlay over one ConfigMap whose replacements make its text twice as long, forty times. */
export const doublingReplacements = (): Readonly<Record<string, string>> => {
  const source = '- source: { kind: ConfigMap, name: a, fieldPath: data.a }\n';
  const target =
    "  targets: [{ select: { kind: ConfigMap }, fieldPaths: [data.a], options: { delimiter: '-', index: 0 } }]\n";
  return {
    'kustomization.yaml': `resources: [a.yaml]\nreplacements:\n${many(40, () => source + target)}`,
    'a.yaml': configMap('a', 'data: { a: "x-x" }\n'),
  };
};

/** Overlays that each take the one below them twice, under two prefixes: two to the power of `levels` objects. */
export const doublingBases = (levels: number): Readonly<Record<string, string>> => {
  const files: Record<string, string> = {
    'l0/kustomization.yaml': 'resources: [a.yaml]\n',
    'l0/a.yaml': configMap('a'),
    'kustomization.yaml': `resources: [l${levels}]\n`,
  };
  for (let level = 1; level <= levels; level += 1) {
    files[`l${level}/kustomization.yaml`] = 'resources: [a, b]\n';
    for (const side of ['a', 'b'])
      files[`l${level}/${side}/kustomization.yaml`] =
        `namePrefix: ${side}-\nresources: [../../l${level - 1}]\n`;
  }
  return files;
};
