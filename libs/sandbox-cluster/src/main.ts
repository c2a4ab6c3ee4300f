import { parseArgs } from 'node:util';

import { startSandbox } from './start-sandbox.js';

const { values } = parseArgs({
  options: { dir: { type: 'string' }, port: { type: 'string' }, clusters: { type: 'string' } },
});
const { dir, port = '0', clusters = '' } = values;
const names = clusters.split(',').filter((name) => name !== '');
const wrong = names.filter((name) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name));

if (dir === undefined || names.length === 0 || wrong.length > 0 || !/^\d{1,5}$/.test(port)) {
  process.stderr.write(
    'usage: main.js --dir DIRECTORY --clusters NAME,NAME [--port PORT]; names are of a-z, 0-9, - and .\n',
  );
  process.exit(2);
}

const sandbox = await startSandbox({ dir, port: Number(port), clusters: names });
const stop = (): void => {
  void sandbox.stop().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.stdout.write(`${JSON.stringify({ clusters: sandbox.clusters })}\n`);
