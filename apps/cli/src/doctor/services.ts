import { accepts } from '@syncline/toolchain';
import { z } from 'zod';

import { services } from '../up/service-names.js';
import type { Places } from '../up/places.js';
import { fine, wrong, type Check } from './check.js';
import { readMetrics, type Metric } from './metrics.js';

const answerMs = 5_000;
const fullRatio = 0.8;
const lagMessages = 500;
const readiness = z.object({ ready: z.boolean(), missing: z.array(z.string()) });

const ask = (url: string): Promise<string | undefined> =>
  fetch(url, { signal: AbortSignal.timeout(answerMs) }).then(
    (answer) => answer.text(),
    () => undefined,
  );

const parse = (text: string): z.infer<typeof readiness> | undefined => {
  try {
    return readiness.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** What a service says of its own readiness. */
export const checkReady = async (name: string, url: string, seeLog: string): Promise<readonly Check[]> => {
  const text = await ask(`${url}/readyz`);
  if (text === undefined)
    return [wrong(name, `does not answer at ${url} within ${answerMs / 1000} s`, seeLog)];
  const answer = parse(text);
  if (answer === undefined)
    return [
      wrong(name, `what answers at ${url} is not it`, `End what listens there, then start Syncline again.`),
    ];
  if (answer.ready) return [fine(name, `is ready at ${url}`)];
  return answer.missing.map((sentence) => wrong(name, sentence, seeLog));
};

/** Whether anything comes of the audit logs that an applier was set up for. */
const checkAudit = (name: string, metrics: readonly Metric[]): readonly Check[] => {
  const logs = metrics.filter((one) => one.name === 'syncline_audit_last_event_seconds');
  const silent = logs.filter(({ value }) => value === 0).length;
  const heard = logs.length - silent;
  return [
    ...(heard > 0 ? [fine(name, `events of ${heard} audit logs arrive`)] : []),
    ...(silent > 0
      ? [
          wrong(
            name,
            `nothing has come yet of ${silent} audit logs that it was set up for`,
            'See whether the API server writes or posts it: docs/kubernetes.md, "The audit log".',
          ),
        ]
      : []),
  ];
};

/** What the figures of a service say is wrong. */
export const checkFigures = (name: string, metrics: readonly Metric[]): readonly Check[] => {
  const most = (metric: string): number =>
    Math.max(0, ...metrics.filter((one) => one.name === metric).map(({ value }) => value));
  const filled = most('syncline_log_filled_ratio');
  const parked = most('syncline_parked_subjects');
  const lag = most('syncline_projection_lag_messages');
  const checks: Check[] = [];
  if (filled > fullRatio)
    checks.push(
      wrong(
        name,
        `${Math.round(filled * 100)} % of the log's space is used; nothing can be recorded once it is full`,
        'Give the log more space (max_bytes of its stream) on a disk that has it.',
      ),
    );
  if (parked > 0)
    checks.push(
      wrong(
        name,
        `cannot go on with ${parked} of its subjects`,
        'syncline log parked says which and why; syncline log resume goes on.',
      ),
    );
  if (lag > lagMessages)
    checks.push(
      wrong(
        name,
        `the views are ${lag} messages behind the log`,
        'Wait; where it grows, look whether Postgres has what it needs.',
      ),
    );
  if (most('syncline_checkpoints_failing') > 0)
    checks.push(
      wrong(
        name,
        'the log could not be signed the last time, or its witness could not be told',
        'The log of api says why; syncline log checkpoint --sign tries it again.',
      ),
    );
  return [...checks, ...checkAudit(name, metrics)];
};

const checkService = async (name: string, port: number, places: Places): Promise<readonly Check[]> => {
  const url = `http://127.0.0.1:${port}`;
  const seeLog = `Its log says why: ${places.log(name)}`;
  if (!(await accepts(port))) return [wrong(name, `does not listen on 127.0.0.1:${port}`, seeLog)];
  const [ready, metrics] = await Promise.all([checkReady(name, url, seeLog), ask(`${url}/metrics`)]);
  return [...ready, ...checkFigures(name, readMetrics(metrics ?? ''))];
};

/** Asks every local service whether it is ready, and looks at its figures. */
export const checkServices = async (
  ports: Readonly<Record<string, number>>,
  places: Places,
): Promise<readonly Check[]> => {
  const known = services.flatMap((name) => (ports[name] === undefined ? [] : [{ name, port: ports[name] }]));
  return (await Promise.all(known.map(({ name, port }) => checkService(name, port, places)))).flat();
};
