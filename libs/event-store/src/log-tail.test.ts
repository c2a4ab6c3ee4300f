import { describe, expect, it } from 'vitest';

import { LogTail } from './log-tail.js';

const subject = 'ev.app.default.shop';

describe('the tail of the log', () => {
  it('vouches for a state that was confirmed since it began, until its subject is shown something later', () => {
    const tail = new LogTail();
    tail.begin(10);
    const { epoch } = tail;
    expect(tail.vouches(subject, 7, epoch)).toBe(true);
    tail.show({ subject: 'ev.app.default.other', sequence: 11 });
    expect(tail.vouches(subject, 7, epoch)).toBe(true);
    tail.show({ subject, sequence: 12 });
    expect(tail.vouches(subject, 7, epoch)).toBe(false);
    expect(tail.vouches(subject, 12, epoch)).toBe(true);
    expect(tail.vouches(subject, 13, epoch), 'appended here, not shown yet').toBe(true);
  });

  it('vouches for nothing that was confirmed before it began, anew or at all', () => {
    const tail = new LogTail();
    expect(tail.vouches(subject, 7, tail.epoch)).toBe(false);
    tail.begin(10);
    const before = tail.epoch;
    tail.begin(20);
    expect(tail.vouches(subject, 7, before)).toBe(false);
    expect(tail.vouches(subject, 7, tail.epoch)).toBe(true);
    tail.end();
    expect(tail.vouches(subject, 7, tail.epoch)).toBe(false);
    tail.begin(30);
    expect(tail.vouches(subject, 7, before), 'an epoch does not come back').toBe(false);
  });

  it('reaches what it was shown, waits a moment for what comes, and no longer', async () => {
    const tail = new LogTail();
    expect(await tail.reaches(1), 'nothing is watched').toBe(false);
    tail.begin(10);
    expect(await tail.reaches(10)).toBe(true);
    const coming = tail.reaches(12);
    tail.show({ subject, sequence: 11 });
    tail.show({ subject, sequence: 12 });
    expect(await coming).toBe(true);
    expect(await tail.reaches(13)).toBe(false);
    const cut = tail.reaches(13);
    tail.end();
    expect(await cut).toBe(false);
  });

  it('is not moved by what comes again', async () => {
    const tail = new LogTail();
    tail.begin(0);
    tail.show({ subject, sequence: 5 });
    tail.show({ subject, sequence: 3 });
    expect(tail.vouches(subject, 4, tail.epoch)).toBe(false);
    expect(await tail.reaches(5)).toBe(true);
  });
});
