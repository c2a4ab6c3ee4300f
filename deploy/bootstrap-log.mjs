// Makes the streams of the log on three nodes where they are missing.
import { readFile } from 'node:fs/promises';

import { bootstrapLog } from '../libs/event-store/dist/index.js';

const credentials = await readFile(process.env.SYNCLINE_NATS_CREDENTIALS_FILE, 'utf8');
await bootstrapLog(process.env.SYNCLINE_NATS_URL, credentials, { replicas: 3 });
console.log('the streams of the log are there, on three nodes');
