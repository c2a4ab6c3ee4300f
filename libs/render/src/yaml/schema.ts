import {
  boolYaml11Tag,
  defineScalarTag,
  mapTag,
  mergeTag,
  nullYaml11Tag,
  NOT_RESOLVED,
  Schema,
  seqTag,
  strTag,
} from 'js-yaml';

const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const special = new Map([
  ['.nan', Number.NaN],
  ['.inf', Number.POSITIVE_INFINITY],
  ['+.inf', Number.POSITIVE_INFINITY],
  ['-.inf', Number.NEGATIVE_INFINITY],
]);

const readInteger = (text: string): number => {
  const digits = text.replace(/^[-+]/, '').toLowerCase();
  const octal = /^0o?([0-7]+)$/.exec(digits)?.[1];
  const size = octal === undefined ? Number(digits) : Number.parseInt(octal, 8);
  return text.startsWith('-') && size !== 0 ? -size : size;
};

/** Numbers as gopkg.in/yaml.v2 resolves them, which kubectl reads with: `0644` is octal, there is no base 60. */
const readNumber = (source: string): number | undefined => {
  const named = special.get(source.toLowerCase());
  if (named !== undefined) return named;
  const plain = source.replaceAll('_', '');
  if (integer.test(plain)) return readInteger(plain);
  const value = decimal.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
};

const numberTag = (tagName: string) =>
  defineScalarTag<number>(tagName, {
    implicit: true,
    implicitFirstChars: Array.from('+-.0123456789'),
    resolve: (source) => readNumber(source) ?? NOT_RESOLVED,
    identify: () => false,
  });

/**
 * YAML 1.1 as kubectl reads it: `yes` is true, `0644` is 420, dates and `12:30:45` are strings, `<<` merges. Tags for
 * what JSON has no word for (timestamps, sets, bytes) are unknown, so that using them is an error.
 */
export const kubernetesSchema = new Schema([
  strTag,
  seqTag,
  mapTag,
  nullYaml11Tag,
  boolYaml11Tag,
  numberTag('tag:yaml.org,2002:int'),
  numberTag('tag:yaml.org,2002:float'),
  mergeTag,
]);
