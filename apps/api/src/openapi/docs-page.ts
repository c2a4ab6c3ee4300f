import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Body = { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> };

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h2 { margin-top: 2.5rem; text-transform: capitalize } code, pre { font: 13px/1.45 ui-monospace, monospace }
details { border: 1px solid #ddd; border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem } summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem } pre { background: #f6f6f6; padding: .7rem; border-radius: 4px; overflow: auto }
td { padding: .1rem .8rem .1rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #e6e6e6 } pre { background: #222 } details { border-color: #444 } }`;

const schemaText = (body: unknown): string => {
  const [content] = Object.values((body as Body | undefined)?.content ?? {});
  return content?.schema ? `<pre>${escapeHtml(JSON.stringify(content.schema, null, 2))}</pre>` : '';
};

const parametersOf = (operation: Operation): string => {
  const rows = (operation.parameters ?? []).flatMap((one) =>
    'name' in one
      ? [
          `<tr><td><code>${escapeHtml(one.name)}</code></td><td>${escapeHtml(one.in)}</td><td>${escapeHtml(one.description ?? '')}</td></tr>`,
        ]
      : [],
  );
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`;
};

const operationOf = (path: string, method: string, operation: Operation): string => {
  const [ok] = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  const body = schemaText(operation.requestBody);
  const answer = schemaText(ok?.[1]);
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code></summary>
${parametersOf(operation)}${body && `<p>Body</p>${body}`}${answer && `<p>Answer</p>${answer}`}</details>`;
};

/** A page for people: every route with its parameters, body and answer. It needs nothing from outside, and no script. */
export const docsPage = ({ info, paths }: OpenAPIObject): string => {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation
        ? [{ tag: operation.tags?.[0] ?? 'other', text: operationOf(path, method, operation) }]
        : [];
    }),
  );
  const groups = [...Map.groupBy(all, ({ tag }) => tag)].map(
    ([tag, operations]) => `<h2>${escapeHtml(tag)}</h2>${operations.map(({ text }) => text).join('')}`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(info.title)} API</title>
<meta name="viewport" content="width=device-width"><style>${style}</style></head>
<body><h1>${escapeHtml(info.title)} API</h1><p>${escapeHtml(info.description ?? '')}</p>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a></p>${groups.join('')}</body></html>`;
};
