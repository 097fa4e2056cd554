import { type PgStream, executeAlone } from '../pg-internals.js';
import type { GuardedBatch } from './guarded-query.js';

/**
 * A stream of pg's with a guard in front: the cursor's portal is bound behind it, in the same transaction of the server's. Without
 * a witness, since a cursor reads on after its batch.
 */
export function guardStream(stream: PgStream, guard: GuardedBatch): PgStream {
  const { submit, handleDataRow, handleCommandComplete, handleError } = stream;
  let isProved = false;
  return Object.assign(stream, {
    submit(wire) {
      executeAlone(wire, guard.sql, guard.values);
      return submit.call(stream, wire);
    },
    handleDataRow(message) {
      if (isProved) handleDataRow.call(stream, message);
    },
    handleCommandComplete(message, wire) {
      if (isProved) handleCommandComplete.call(stream, message, wire);
      isProved = true;
    },
    handleError(error, wire) {
      if (!isProved) guard.failed(error);
      handleError.call(stream, error, wire);
    },
  } satisfies Partial<PgStream>);
}
