import { join } from 'node:path';

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The kubeconfig of an applier that runs as a Pod, by its ServiceAccount (Kubernetes, Accessing the API from a Pod): its token is
 * read from its file again and again, because the kubelet replaces it. Undefined where this is no Pod.
 */
export const kubeconfigOfPod = (env: NodeJS.ProcessEnv, folder = mounted): string | undefined => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || port === undefined) return undefined;
  const address = host.includes(':') ? `[${host}]` : host;
  const server = `https://${address}:${port}`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
    clusters: [{ name: 'pod', cluster: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [
      {
        name: 'pod',
        user: {
          'auth-provider': { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } },
        },
      },
    ],
  });
};
