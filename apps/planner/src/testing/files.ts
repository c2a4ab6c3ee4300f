/** What differs from an application's defaults. */
export type ApplicationOptions = {
  readonly mode?: string;
  readonly drift?: 'heal' | 'detect';
  readonly selects?: Readonly<Record<string, string>>;
  readonly budget?: { readonly maxObjects: number; readonly maxPercent: number };
  readonly overrides?: readonly unknown[];
  readonly labels?: Readonly<Record<string, string>>;
};

/** A declaration; JSON is YAML. */
export const application = (name: string, path: string, options: ApplicationOptions = {}): string =>
  JSON.stringify(
    {
      apiVersion: 'syncline.dev/v1',
      kind: 'Application',
      metadata: { name, labels: options.labels ?? {} },
      spec: {
        source: { path },
        namespace: name,
        placement: {
          clusters: { matchLabels: options.selects ?? {} },
          overrides: options.overrides ?? [],
        },
        sync: {
          mode: options.mode ?? 'automatic',
          ...(options.drift && { drift: options.drift }),
          prune: { enabled: true, budget: options.budget ?? { maxObjects: 10, maxPercent: 50 } },
        },
      },
    },
    null,
    2,
  );

/** A ConfigMap. */
export const configMap = (name: string, data: Readonly<Record<string, string>>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }, null, 2);

/** A Secret whose values are given in the clear. */
export const secret = (name: string, stringData: Readonly<Record<string, string>>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }, null, 2);
