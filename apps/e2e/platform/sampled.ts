export { isWholeRun, seedOfRun, shuffled } from '@syncline/testkit';
