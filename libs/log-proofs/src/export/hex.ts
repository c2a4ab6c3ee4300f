const digits = '0123456789abcdef';
const pairs = Array.from(
  { length: 256 },
  (_, byte) => `${digits[byte >> 4] ?? ''}${digits[byte & 15] ?? ''}`,
);
const values = new Int8Array(128).fill(-1);
for (let at = 0; at < 16; at += 1) values[digits.charCodeAt(at)] = at;

/** Bytes as lower-case hexadecimal digits. */
export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += pairs[byte] ?? '';
  return text;
};

/** The 32 bytes of a hash in lower-case hexadecimal digits; nothing where the text is none. */
export const hashOfHex = (text: string | undefined): Uint8Array | undefined => {
  if (text?.length !== 64) return undefined;
  const hash = new Uint8Array(32);
  for (let at = 0; at < 32; at += 1) {
    const [high, low] = [values[text.charCodeAt(2 * at)] ?? -1, values[text.charCodeAt(2 * at + 1)] ?? -1];
    if (high < 0 || low < 0) return undefined;
    hash[at] = high * 16 + low;
  }
  return hash;
};
