import { createRequire } from 'node:module';
import { answer } from './stub-answers.js';

const require = createRequire(import.meta.url);
const PostgresClient = require('knex/lib/dialects/postgres/index.js');

class StubConnection {
  query(sql, done) {
    done(null, answer(sql, true));
  }
}

/**
 * PostgreSQL's client with a server that answers at once, so that the database's noise is out of the figures. The host
 * says what the server is: `master`, or else a slave.
 */
export class StubClient extends PostgresClient {
  _driver() {
    return {};
  }

  async acquireRawConnection() {
    return new StubConnection();
  }

  async destroyRawConnection() {}

  _query(_connection, query) {
    query.response = answer(query.sql, this.connectionSettings.host !== 'master');
    return Promise.resolve(query);
  }
}

/** So many engines behind stubs, as routing's options say it. */
export function stubEngines(slaves, client = StubClient) {
  const names = Array.from({ length: slaves }, (_, index) => `slave${index + 1}`);
  return {
    client,
    master: { connection: { host: 'master' } },
    slaves: Object.fromEntries(names.map((name) => [name, { connection: { host: name } }])),
    bookmark: { secret: 'x'.repeat(32) },
  };
}
