import { ordinaryCallbacks } from './callbacks.js';
import { ordinaryEvents } from './events.js';
import type { GetKnexUnderTest } from './knex-under-test.js';
import { ordinaryLifetime } from './lifetime.js';
import { ordinaryMapping } from './mapping.js';
import { ordinaryPools } from './pools.js';
import { ordinaryReads } from './reads.js';
import { ordinaryStreams } from './streams.js';
import { ordinaryTransactions } from './transactions.js';
import { ordinaryWrites } from './writes.js';

/** Ordinary use of Knex, as an app has it that knows nothing of routing. */
export function ordinaryKnexUse(get: GetKnexUnderTest): void {
  ordinaryReads(get);
  ordinaryWrites(get);
  ordinaryTransactions(get);
  ordinaryStreams(get);
  ordinaryEvents(get);
  ordinaryMapping(get);
  ordinaryCallbacks(get);
  ordinaryPools(get);
  ordinaryLifetime(get);
}
