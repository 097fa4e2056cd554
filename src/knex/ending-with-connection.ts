import type { Readable, Transform } from 'node:stream';
import type { KnexConnection } from '../knex-internals.js';

/**
 * A stream of rows that fails waits for its server to confirm that the cursor is closed, and would wait for ever where the
 * connection is what failed (pg-cursor 2): it ends with its connection at the latest. `target` is what it is piped to.
 */
export function endingWithConnection(target: Transform, connection: KnexConnection): void {
  target.once('pipe', (source: Readable) => {
    let isOver = false;
    let over: () => void = () => undefined;
    const ended = () => {
      isOver = true;
      over();
    };
    connection.once?.('end', ended);
    source.once('close', () => connection.removeListener?.('end', ended)); // the connection lives on, for many more
    const close = source._destroy.bind(source);
    source._destroy = (error, done) => {
      over = () => {
        over = () => undefined;
        done(error);
      };
      close(error, () => over());
      if (isOver) over();
    };
  });
}
