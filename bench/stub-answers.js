const ROW = { id: 1, title: 'one', body: 'two', version: 1, port: 1 };
const ROWS = { command: 'SELECT', rows: [ROW], rowCount: 1 };
const TWENTY_ROWS = { command: 'SELECT', rows: Array.from({ length: 20 }, () => ROW), rowCount: 20 };
const RUN = { started_at: '1' };

const position = (isSlave) => ({
  in_recovery: isSlave,
  lsn: isSlave ? '0/6000000' : '0/5000028',
  walfile: isSlave ? null : '000000010000000000000005',
});

/** How an engine is doing: a master at a position, and slaves that are ahead of it, so that they always serve. */
const probe = (isSlave) => ({
  ...position(isSlave),
  ...RUN,
  segment: '16777216',
  system: '1',
  timeline: 1,
  replayed_ms: null,
  paused: isSlave ? false : null,
  receiving: isSlave,
});

const operator = (name) => ['pg_catalog', name, true];
const builtin = (name) => ({
  schema: 'pg_catalog',
  name,
  stable: true,
  immutable: true,
  arguments: 1,
  optional: 0,
  variadic: false,
  defaults: null,
});

/** As much of a catalogue as the benchmarks' queries name; null is what a server says of nothing. */
const CATALOGUE = {
  functions: ['lower', 'count', 'upper'].map(builtin),
  operators: ['=', '<', '>', '~~'].map(operator),
  relations: [
    ['public', 'posts'],
    ['public', 'seen_posts'],
  ],
  ofOneRow: null,
  typeNames: null,
  types: null,
  castTypes: null,
  views: null,
  masterOnly: null,
  reaches: null,
  locked: null,
  sequences: null,
  versions: null,
  isSerializable: false,
  unsafeUnsaid: false,
  backslashEscapes: false,
};

/** A build of an earlier commit, which `against` asks as well, reads it in a statement of its own. */
function catalogueOf(sql) {
  const result = { rows: [{ catalogue: CATALOGUE }] };
  return sql.trimStart().startsWith('with') ? result : [{}, result];
}

/** What routing asks PostgreSQL itself; everything else is a query of the benchmark's. */
export function answer(sql, isSlave) {
  if (sql.endsWith(' as told')) return { rows: [{ told: '1' }] };
  if (sql.includes('as catalogue')) return catalogueOf(sql);
  if (sql.includes('pg_control_system')) return { rows: [probe(isSlave)] };
  if (sql.startsWith('COMMIT; ')) return [{ command: 'COMMIT', rows: [] }, { rows: [position(false)] }];
  if (sql.startsWith('set default_transaction_read_only')) return [{}, { rows: [RUN] }];
  if (sql.includes('default_transaction_read_only')) return { rows: [RUN] };
  if (sql.includes('as walfile') || sql.includes('pg_last_wal_replay_lsn'))
    return { rows: [{ ...position(isSlave), ...RUN }] };
  return sql.includes('limit $1') || sql.includes('limit $2') ? TWENTY_ROWS : ROWS;
}
