import { createDatabaseRouting } from 'nestjs-database-routing';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';
import { READS, SCHEMA, WRITES } from './corpus/corpus.js';

/** Those that PostgreSQL describes, but for what stands behind operators, types, aggregates and access methods. */
const DOCUMENTED = `
SELECT DISTINCT format('SELECT %I(%s)', p.proname, array_to_string(array_fill('NULL'::text, array[p.pronargs::int]), ', ')) AS call FROM pg_proc p
JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'p'
  AND d.description !~* '^(implementation of|I/O|internal|aggregate |planner support|hash|less-equal-greater|sort support)'
  AND p.prorettype::regtype::text NOT IN ('internal', 'trigger', 'event_trigger', 'cstring', 'language_handler', 'index_am_handler')
  AND p.proname !~ '^binary_upgrade_' AND NOT 'internal'::regtype = ANY (p.proargtypes) AND NOT 'cstring'::regtype = ANY (p.proargtypes) ORDER BY 1`;

/** What share of what people write is decided as a read, by a real catalogue. */
export async function intentShare() {
  const db = await startReplicatedPostgres({ slaves: 1 });
  try {
    await db.master.query(SCHEMA);
    const routing = createDatabaseRouting({
      client: 'pg',
      master: { connection: db.master.connection },
      slaves: { slave1: { connection: db.slave('slave1').connection } },
    });
    await routing.ready();
    const isRead = (sql) => routing.explain(routing.knex.raw(sql.replaceAll('?', '\\?'))).intent === 'read';
    const calls = (await db.master.query(DOCUMENTED)).map(({ call }) => String(call));
    const shares = {
      calls: counted(calls, isRead),
      reads: counted(READS, isRead),
      writes: counted(WRITES, isRead),
    };
    await routing.destroy();
    return shares;
  } finally {
    await db.stop();
  }
}

function counted(statements, isRead) {
  const others = statements.filter((sql) => !isRead(sql));
  return { of: statements.length, read: statements.length - others.length, others };
}
