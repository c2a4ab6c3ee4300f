import { expect, test } from 'vitest';

import { dataOf } from './event-stream.js';

test('data of a server-sent event is its data lines, whatever stands beside them', () => {
  expect(dataOf('id: 4.0\ndata: {"a":1}')).toBe('{"a":1}');
  expect(dataOf('event: x\r\ndata: one\r\ndata:two')).toBe('one\ntwo');
  expect(dataOf(': still here')).toBeUndefined();
});
