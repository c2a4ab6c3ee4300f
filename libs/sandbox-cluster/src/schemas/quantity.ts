import type { Json } from '@syncline/kernel';

const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** A quantity as the API server writes it (`1000m` → `1`, `1024Mi` → `1Gi`); anything else stays as it is. */
export const canonicalQuantity = (value: Json): Json => {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  const text = String(value);
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/.exec(text);
  if (!parts) return value;
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = parts;
  if (whole + fraction === '') return value;
  const digits = BigInt(whole + fraction);
  const isNegative = sign === '-' && digits !== 0n ? '-' : '';
  if (suffix.endsWith('i')) return isNegative + inBinary(digits, fraction.length, binary.indexOf(suffix));
  const power = exponent ? Number(exponent.slice(1)) : 3 * (decimal.indexOf(suffix) - 3);
  return isNegative + inDecimal(digits, power - fraction.length, exponent !== undefined);
};

/** The largest suffix with which the number stays whole; nothing finer than nano. */
const inDecimal = (digits: bigint, power: number, isExponent: boolean): string => {
  let [number, tens] = [digits, power];
  if (number === 0n) return '0';
  while (tens < -9) [number, tens] = [(number + 9n) / 10n, tens + 1];
  while (tens % 3 !== 0) [number, tens] = [number * 10n, tens - 1];
  while (number % 1000n === 0n && tens < 18) [number, tens] = [number / 1000n, tens + 3];
  if (isExponent) return tens === 0 ? String(number) : `${number}e${tens}`;
  return `${number}${decimal[tens / 3 + 3] ?? ''}`;
};

const inBinary = (digits: bigint, fraction: number, power: number): string => {
  const bytes = digits * 1024n ** BigInt(power);
  const scale = 10n ** BigInt(fraction);
  if (bytes % scale !== 0n) return inDecimal(bytes, -fraction, false);
  let [number, suffix] = [bytes / scale, 0];
  while (number !== 0n && number % 1024n === 0n && suffix < binary.length - 1)
    [number, suffix] = [number / 1024n, suffix + 1];
  return `${number}${binary[suffix] ?? ''}`;
};
