import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A certificate and its key, both PEM. */
export type Certificate = { readonly cert: string; readonly key: string };

const years = 20;

/** Makes a certificate for 127.0.0.1 that is its own authority. The library is loaded at a first start only. */
const makeCertificate = async (): Promise<Certificate> => {
  const { generate } = await import('selfsigned');
  const notAfterDate = new Date();
  notAfterDate.setUTCFullYear(notAfterDate.getUTCFullYear() + years);
  const made = await generate([{ name: 'commonName', value: 'syncline-sandbox' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // Clocks of containers and hosts differ a little.
    notBeforeDate: new Date(Date.now() - 3_600_000),
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }, { type: 2, value: 'localhost' }] },
    ],
  }); // prettier-ignore
  return { cert: made.cert, key: made.private };
};

/** The certificate of a directory, made where it has none yet: kubeconfigs stay good over restarts. */
export const keptCertificate = async (dir: string): Promise<Certificate> => {
  const files = { cert: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
  try {
    return { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = await makeCertificate();
  await mkdir(dir, { recursive: true });
  await writeFile(files.key, made.key, { mode: 0o600 });
  await writeFile(files.cert, made.cert);
  return made;
};
