import { sha256Bytes } from '@syncline/kernel';

/** A hash of the tree: the 32 bytes of SHA-256. */
export type Hash = Uint8Array;

const encoder = new TextEncoder();
const leafPrefix = 0x00;
const nodePrefix = 0x01;

/** The hash of a leaf (RFC 6962, section 2.1). */
export const hashLeaf = (data: Uint8Array): Hash => {
  const prefixed = new Uint8Array(data.length + 1);
  prefixed[0] = leafPrefix;
  prefixed.set(data, 1);
  return sha256Bytes(prefixed);
};

/** What is hashed is put together in one place, again and again: a log has millions of leaves. */
const pair = new Uint8Array(65);
pair[0] = nodePrefix;
let scratch = new Uint8Array(64 * 1024);

/** The hash over two subtrees (RFC 6962, section 2.1). */
export const hashChildren = (left: Hash, right: Hash): Hash => {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256Bytes(pair);
};

/** The root of the tree without leaves (RFC 6962, section 2.1). */
export const emptyRoot = (): Hash => sha256Bytes('');

/** A message of the log as far as its leaf covers it. */
export type LeafMessage = {
  readonly subject: string;
  /** Nanoseconds since the epoch, in decimal digits. */
  readonly recordedAtNs: bigint | string;
  readonly bytes: Uint8Array;
};

/** What a message's leaf is made of: subject, line feed, nanoseconds in decimal digits, line feed, stored bytes. */
export const leafData = ({ subject, recordedAtNs, bytes }: LeafMessage): Uint8Array => {
  const head = encoder.encode(`${subject}\n${recordedAtNs}\n`);
  const data = new Uint8Array(head.length + bytes.length);
  data.set(head);
  data.set(bytes, head.length);
  return data;
};

/** The leaf hash of a message: leaf `i` of the tree is the message of sequence `i + 1`. */
export const leafHashOf = ({ subject, recordedAtNs, bytes }: LeafMessage): Hash => {
  const head = `${subject}\n${recordedAtNs}\n`;
  const most = 1 + 3 * head.length + bytes.length;
  if (scratch.length < most) scratch = new Uint8Array(2 * most);
  scratch[0] = leafPrefix;
  const begin = 1 + encoder.encodeInto(head, scratch.subarray(1)).written;
  scratch.set(bytes, begin);
  return sha256Bytes(scratch.subarray(0, begin + bytes.length));
};

/** Whether two hashes are the same. */
export const isSameHash = (one: Hash, other: Hash): boolean => {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
};
