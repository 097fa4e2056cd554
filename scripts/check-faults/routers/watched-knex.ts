import type { EventEmitter } from 'node:events';
import knex, { type Knex } from 'knex';
import type { PostgresConnection } from '../../../src/testing/index.js';

/** A plain Knex, as applications set it up, that tells which engine its queries go to. */
export function watchedKnex(
  engine: string,
  connection: PostgresConnection,
  onSent: (engine: string) => void,
): Knex {
  const created = knex({ client: 'pg', connection, pool: { min: 0, max: 10 }, log: { warn() {} } });
  const { client } = created;
  const runner = client.runner.bind(client);
  client.runner = (builder: EventEmitter) => {
    onSent(engine);
    // Before the listeners of whoever wants to know.
    builder.prependListener('query', (sent: { engine?: string }) => (sent.engine = engine));
    return runner(builder);
  };
  return created;
}
