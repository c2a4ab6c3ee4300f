import { expect, test } from 'vitest';

import { deliveryTable } from './delivery-table.js';

const figures = {
  begins: '2026-05-01T00:00:00.000Z',
  name: 'payments',
  deployments: 42,
  deploymentsPerDay: 1.4,
  leadTimeSeconds: 5_400,
  changes: 44,
  failedChanges: 2,
  changeFailureRate: 2 / 44,
  timeToRestoreSeconds: 754,
  notRestored: 1,
};
const nothing = { ...figures, name: 'shop', deployments: 1, deploymentsPerDay: 1 / 31, leadTimeSeconds: 42 };

test('the figures of delivery are a row for each period and name, with what there is none of left empty', () => {
  const items = [
    figures,
    {
      ...nothing,
      failedChanges: 0,
      changes: 1,
      changeFailureRate: 0,
      timeToRestoreSeconds: null,
      notRestored: 0,
    },
  ];
  expect(deliveryTable({ since: '', until: '', items })).toBe(
    [
      'FROM        NAME      DEPLOYMENTS     LEAD TIME  CHANGES FAILED                 TIME TO RESTORE',
      '2026-05-01  payments  42 (1.4 a day)  1.5 h      5 % (2 of 44, 1 not restored)  13 min',
      '2026-05-01  shop      1 (0.2 a week)  42 s       0 % (0 of 1)',
    ].join('\n'),
  );
});
