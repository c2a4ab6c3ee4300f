// Before each file of tests: a whole run tries every property on twenty times as many histories as a sampled one.
import fc from 'fast-check';

if (process.env.SYNCLINE_TEST_FULL === '1')
  fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: 2_000 });
