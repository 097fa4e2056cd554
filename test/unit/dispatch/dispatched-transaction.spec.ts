import { describe, expect, it } from '@jest/globals';
import { openContext } from '../../../src/context/context.js';
import type { Dispatched, Dispatching } from '../../../src/dispatch/dispatched.js';
import { DispatchedTransaction } from '../../../src/dispatch/dispatched-transaction.js';
import type { SeenTracker } from '../../../src/dispatch/seen-tracker.js';
import { stubEngine } from '../engines/stub-engine.js';

const slave = stubEngine('slave1');
const tracker: Pick<SeenTracker, 'mayBegin'> = { mayBegin: () => Promise.resolve(false) };

const refusals: [how: string, outdated: () => Dispatching][] = [
  ['at once', () => { throw new Error('no slave'); }],
  ['later', () => Promise.reject(new Error('no slave'))],
]; // prettier-ignore

describe('a read-only transaction whose slave is outdated, and that finds no other one', () => {
  it.each(refusals)(
    'leaves it to its caller to give the connection back first; refused %s',
    async (_how, outdated) => {
      const transaction = new DispatchedTransaction({
        tracker: tracker as SeenTracker,
        outdated,
        dispatch: () => ({ engine: slave }) as Dispatched,
        freshness: undefined,
        readOnly: true,
        context: openContext('job', { balanced: true }),
      });
      expect(await transaction.engine()).toBe(slave);
      expect(await transaction.isMoved({})).toBe(true);
      await expect(transaction.engine()).rejects.toThrow('no slave');
    },
  );
});
