import { describe, expect, test } from 'vitest';

import { pickApplication } from './find-application.js';

const all = [
  { project: 'default', name: 'checkout' },
  { project: 'payments', name: 'billing' },
  { project: 'shop', name: 'billing' },
];

describe('naming an application', () => {
  test('takes its name where that is unique, else its project too', () => {
    expect(pickApplication('checkout', all)).toEqual(all[0]);
    expect(pickApplication('shop/billing', all)).toEqual(all[2]);
  });

  test('asks which one is meant where there are several', () => {
    expect(() => pickApplication('billing', all)).toThrow(/payments\/billing, shop\/billing/);
  });

  test('suggests what is near, and where to look otherwise', () => {
    expect(() => pickApplication('chekout', all)).toThrow(
      'There is no application chekout. Did you mean checkout?',
    );
    expect(() => pickApplication('warehouse', all)).toThrow(/syncline app list/);
    expect(() => pickApplication('checkout', [])).toThrow(/none yet/);
  });
});
