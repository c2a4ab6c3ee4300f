import type { Transport } from '../connection/transport.js';
import type { Surroundings } from '../health/compute-health.js';
import { isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';

const freshMs = 60_000;
const isDefault = 'storageclass.kubernetes.io/is-default-class';

/** Which storage classes bind a claim only when a Pod uses it; read when a claim is pending, at most once a minute. */
export class StorageClasses {
  #waiting: ReadonlySet<string> = new Set();
  #freshUntil = 0;

  constructor(
    private readonly transport: Transport,
    private readonly onNews: () => void,
  ) {}

  /** What the health of an object rests on beside the object. */
  around(object: KubeObject): Surroundings {
    if (object.kind !== 'PersistentVolumeClaim') return {};
    const { storageClassName } = object.spec as { storageClassName?: string };
    return { waitsForConsumer: this.waits(storageClassName) };
  }

  /** Whether a claim of this class waits for its first consumer, as far as is known; no class means the default one. */
  waits(name: string | undefined): boolean {
    if (performance.now() > this.#freshUntil) void this.#read();
    return this.#waiting.has(name ?? '');
  }

  async #read(): Promise<void> {
    this.#freshUntil = performance.now() + freshMs;
    try {
      const { items = [] } = await this.transport.request<{ items?: KubeObject[] }>({
        method: 'GET',
        path: '/apis/storage.k8s.io/v1/storageclasses',
      });
      const former = this.#waiting;
      this.#waiting = new Set(
        items
          .filter((one) => one.volumeBindingMode === 'WaitForFirstConsumer')
          .flatMap(({ metadata: { name = '', annotations } }) =>
            annotations?.[isDefault] === 'true' ? [name, ''] : [name],
          ),
      );
      if ([...this.#waiting].join() !== [...former].join()) this.onNews();
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
    }
  }
}
