import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { keptCertificate } from '@syncline/sandbox-cluster';
import { z } from 'zod';

import type { LiveCluster } from './live-cluster.js';

const review = z.object({
  request: z.object({
    uid: z.string(),
    dryRun: z.boolean().optional(),
    namespace: z.string(),
    subResource: z.string().optional(),
    options: z.object({ fieldManager: z.string().optional() }).nullish(),
    object: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }),
      spec: z.looseObject({
        template: z
          .object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) })
          .optional(),
      }),
    }),
  }),
});
type Asked = z.infer<typeof review>['request'];

const configurations = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/**
 * A mutating webhook as meshes and mirrors have them: it sends images to a mirror, which is a field of ours, and stamps an
 * annotation with another value at each write. It counts who writes, because every write passes it.
 */
export class MutatingWebhook {
  /** Writes to Deployments by namespace and field manager; dry runs apart. */
  readonly writes = new Map<string, number>();
  #stamp = 0;

  private constructor(
    private readonly server: Server,
    private readonly cluster: LiveCluster,
    private readonly name: string,
  ) {}

  /** Puts it before the Deployments of these namespaces. `dir` keeps its certificate. */
  static async before(
    cluster: LiveCluster,
    namespaces: readonly string[],
    dir: string,
  ): Promise<MutatingWebhook> {
    const { cert, key } = await keptCertificate(dir);
    const server = createServer({ cert, key });
    const webhook = new MutatingWebhook(server, cluster, 'churn-mirror');
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        const answer = webhook.#answer(review.parse(JSON.parse(body)).request);
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await webhook.#register(`https://127.0.0.1:${port}`, cert, namespaces);
    return webhook;
  }

  async end(): Promise<void> {
    await this.cluster.call('DELETE', `${configurations}/${this.name}`);
    this.server.closeAllConnections();
    this.server.close();
  }

  async #register(url: string, ca: string, namespaces: readonly string[]): Promise<void> {
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'] };
    const label = { key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces };
    const { code } = await this.cluster.apply(`${configurations}/${this.name}`, 'tests', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: this.name },
      webhooks: [
        {
          name: 'mirror.churn.example.com',
          clientConfig: { url, caBundle: Buffer.from(ca).toString('base64') },
          rules: [{ ...rule, resources: ['deployments', 'deployments/scale'] }],
          namespaceSelector: { matchExpressions: [label] },
          ...{
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            failurePolicy: 'Fail',
            timeoutSeconds: 5,
          },
        },
      ],
    });
    if (code >= 300) throw new Error(`the webhook is refused with ${code}`);
  }

  #answer(asked: Asked): unknown {
    const { uid, namespace, dryRun, options, subResource } = asked;
    const who = `${namespace} ${options?.fieldManager ?? 'unnamed'}${dryRun === true ? ' (dry run)' : ''}`;
    this.writes.set(who, (this.writes.get(who) ?? 0) + 1);
    const patch = subResource ? [] : this.#patchOf(asked);
    const mutation = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
    return {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, allowed: true, ...(patch.length > 0 && mutation) },
    };
  }

  #patchOf({ object: { metadata, spec } }: Asked): readonly unknown[] {
    this.#stamp += 1;
    const stamp = `${this.#stamp}`;
    const images = (spec.template?.spec.containers ?? []).map(({ image }, at) => ({
      op: 'replace',
      path: `/spec/template/spec/containers/${at}/image`,
      value: image.replace('registry.example.com', 'mirror.example.com'),
    }));
    const annotation = metadata.annotations
      ? { op: 'add', path: '/metadata/annotations/mesh.example.com~1stamp', value: stamp }
      : { op: 'add', path: '/metadata/annotations', value: { 'mesh.example.com/stamp': stamp } };
    return [...images, annotation];
  }
}
