import { READ_ON_MASTER } from './differing.js';
import { type Classification, READ, write } from './intent.js';

/** How a transaction is begun. */
export interface TransactionConfig {
  readonly readOnly?: boolean;
  /** As Knex takes it; undefined: the database's own. */
  readonly isolationLevel?: string;
}

const WRITES = write('a transaction writes unless it is begun with { readOnly: true }');

/** What a whole transaction is. A slave knows none that is serializable, which may be what the database begins by default. */
export function intentOfTransaction(
  { readOnly = false, isolationLevel }: TransactionConfig,
  isSerializableByDefault: boolean,
): Classification {
  if (!readOnly) return WRITES;
  const isSerializable =
    isolationLevel === undefined ? isSerializableByDefault : isolationLevel.toLowerCase() === 'serializable';
  return isSerializable ? READ_ON_MASTER : READ;
}
