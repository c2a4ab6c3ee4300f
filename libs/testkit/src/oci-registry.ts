import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort, resolveBinary, startProcess, stopUnlessReady, waitUntilReady } from '@syncline/toolchain';

import { temporaryFolder } from './temporary-folder.js';

const user = { username: 'ada', password: 'planted-password' };
/** The password's bcrypt (`$2y$05$`), as htpasswd would write it. */
const htpasswd = `${user.username}:$2y$05$abcdefghijklmnopqrstuuXXXUKy4cODBo6oD0fJZB1CSpIzxX0SW\n`;

const configurationOf = (dir: string, port: number, isOpen: boolean): string =>
  JSON.stringify({
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(dir, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
    ...(isOpen ? {} : { auth: { htpasswd: { realm: 'test', path: join(dir, 'htpasswd') } } }),
  });

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** What an artifact of one layer is made of. */
export type PushedArtifact = {
  readonly repository: string;
  readonly tag: string;
  readonly layer: Uint8Array;
  readonly mediaType: string;
};

/** A real OCI registry of a test's own, on the loopback interface and without encryption. */
export type OciRegistry = {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** The one who may read and write, where not everybody may. */
  readonly user: { readonly username: string; readonly password: string };
  /** Pushes an artifact of one layer; gives the digest of its manifest. */
  readonly push: (artifact: PushedArtifact) => Promise<string>;
  /** Takes a manifest away, and every tag of it. */
  readonly remove: (repository: string, digest: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const expectStatus = async (answer: Response, status: number): Promise<Response> => {
  if (answer.status === status) return answer;
  throw new Error(`the registry answers ${answer.status}: ${await answer.text()}`);
};

/** Pushes as the OCI distribution specification says (1.1, "Pushing manifests"). */
const pusher = (base: string, headers: Readonly<Record<string, string>>) => {
  const pushBlob = async (repository: string, bytes: Uint8Array): Promise<string> => {
    const digest = sha256(bytes);
    const begun = await fetch(`${base}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
    const location = (await expectStatus(begun, 202)).headers.get('location') ?? '';
    const url = new URL(location, base);
    url.searchParams.set('digest', digest);
    await expectStatus(await fetch(url, { method: 'PUT', headers, body: Buffer.from(bytes) }), 201);
    return digest;
  };
  return async ({ repository, tag, layer, mediaType }: PushedArtifact): Promise<string> => {
    const config = Buffer.from('{}');
    const manifestType = 'application/vnd.oci.image.manifest.v1+json';
    const described = async (type: string, bytes: Uint8Array) => ({
      mediaType: type,
      digest: await pushBlob(repository, bytes),
      size: bytes.length,
    });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: await described('application/vnd.oci.empty.v1+json', config),
        layers: [await described(mediaType, layer)],
      }),
    );
    const url = `${base}/v2/${repository}/manifests/${tag}`;
    const typed = { ...headers, 'content-type': manifestType };
    await expectStatus(await fetch(url, { method: 'PUT', headers: typed, body: manifest }), 201);
    return sha256(manifest);
  };
};

/** Starts a registry that only {@link OciRegistry.user} may use, or everybody. Stop it in `afterAll`. */
export const startOciRegistry = async ({ isOpen = false } = {}): Promise<OciRegistry> => {
  const { path: command } = await resolveBinary('registry');
  const folder = await temporaryFolder('registry');
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  await writeFile(join(folder.path, 'htpasswd'), htpasswd, { mode: 0o600 });
  await writeFile(join(folder.path, 'config.json'), configurationOf(folder.path, port, isOpen));
  const server = await startProcess({
    name: 'registry',
    command,
    args: ['serve', join(folder.path, 'config.json')],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    logFile: join(folder.path, 'registry.log'),
  });
  const answers = () => fetch(`${base}/v2/`).then((answer) => answer.status === (isOpen ? 200 : 401));
  await stopUnlessReady(server, waitUntilReady(server, answers, 20_000));
  const basic = Buffer.from(`${user.username}:${user.password}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  return {
    host: `127.0.0.1:${port}`,
    user,
    push: pusher(base, headers),
    remove: async (repository, digest) => {
      const url = `${base}/v2/${repository}/manifests/${digest}`;
      await expectStatus(await fetch(url, { method: 'DELETE', headers }), 202);
    },
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
};
