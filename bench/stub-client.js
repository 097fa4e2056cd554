import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const PostgresClient = require('knex/lib/dialects/postgres/index.js');

const ROW = { id: 1, title: 'one', body: 'two' };
const ROWS = { command: 'SELECT', rows: [ROW], rowCount: 1 };
const TWENTY_ROWS = { command: 'SELECT', rows: Array.from({ length: 20 }, () => ROW), rowCount: 20 };
const POSITION = { lsn: '0/5000028', walfile: '000000010000000000000005' };

/** Each engine says that it is a slave, and up to date; so does the master, which nobody minds here. */
const PROBE = {
  in_recovery: true,
  lsn: '0/6000000',
  walfile: null,
  segment: '16777216',
  started_at: '1',
  system: '1',
  timeline: 1,
  replayed_ms: null,
  paused: false,
  receiving: true,
};

/** What routing asks PostgreSQL itself; everything else is a query of the benchmark's. */
function answer(sql) {
  if (sql.includes('as catalogue')) return { rows: [{ catalogue: { relations: [['public', 'posts']] } }] };
  if (sql.includes('min_recovery_end_timeline')) return { rows: [PROBE] };
  if (sql.includes('pg_control_system')) return { rows: [{ system: '1', segment: '16777216' }] };
  if (sql.startsWith('COMMIT; ')) return [{ command: 'COMMIT', rows: [] }, { rows: [POSITION] }];
  if (sql.includes('as walfile')) return { rows: [POSITION] };
  if (sql.includes('pg_last_wal_replay_lsn')) return { rows: [{ lsn: '0/6000000' }] };
  return sql.includes('limit $1') || sql.includes('limit $2') ? TWENTY_ROWS : ROWS;
}

class StubConnection {
  query(_sql, done) {
    done(null, [{}, { rows: [{ started_at: '1' }] }]);
  }
}

/** PostgreSQL's client with a server that answers at once, so that the database's noise is out of the figures. */
export class StubClient extends PostgresClient {
  _driver() {
    return {};
  }

  async acquireRawConnection() {
    return new StubConnection();
  }

  async destroyRawConnection() {}

  _query(_connection, query) {
    query.response = answer(query.sql);
    return Promise.resolve(query);
  }
}
