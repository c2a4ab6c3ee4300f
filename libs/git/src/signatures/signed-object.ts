import { git } from '../process/run-git.js';
import type { SignatureFormat } from './policy.js';

/** A commit or tag as far as its signature goes. */
export type SignedObject = {
  readonly oid: string;
  readonly kind: 'commit' | 'tag';
  /** The name that a tag gives itself. */
  readonly name?: string;
  /** Absent where nobody signed; `unknown` where it is of a kind that is not verified, such as X.509. */
  readonly format?: SignatureFormat | 'unknown';
};

const formats: readonly (readonly [string, SignatureFormat])[] = [
  ['-----BEGIN PGP SIGNATURE-----', 'openpgp'],
  ['-----BEGIN PGP MESSAGE-----', 'openpgp'],
  ['-----BEGIN SSH SIGNATURE-----', 'ssh'],
];
/** X.509, which is not verified. */
const otherArmour = '-----BEGIN SIGNED MESSAGE-----';

/** Where a signature stands: in a commit's header, and at the end of a tag (gitformat-signature). */
const armourOf = (kind: SignedObject['kind'], text: string): string | undefined => {
  const end = text.indexOf('\n\n');
  const [head, body] = [text.slice(0, end < 0 ? text.length : end), end < 0 ? '' : text.slice(end + 2)];
  if (kind === 'commit') return /^gpgsig(?:-sha256)? (.+)$/m.exec(head)?.[1]?.trim();
  const isArmour = (line: string): boolean =>
    line === otherArmour || formats.some(([begin]) => begin === line);
  return body.split('\n').findLast(isArmour);
};

/** Reads what a commit or tag says of its signature. */
export const readSigned = async (
  dir: string,
  oid: string,
  kind: SignedObject['kind'],
): Promise<SignedObject> => {
  const text = (await git({ dir, args: ['cat-file', kind, oid] })).toString();
  const armour = armourOf(kind, text);
  const name = kind === 'tag' ? /^tag (.+)$/m.exec(text.slice(0, text.indexOf('\n\n')))?.[1] : undefined;
  const format = formats.find(([begin]) => armour === begin)?.[1] ?? 'unknown';
  return { oid, kind, ...(name !== undefined && { name }), ...(armour !== undefined && { format }) };
};
