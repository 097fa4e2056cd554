import type { ClassifySql } from '../../intent/intent.js';
import type { DatabaseRoutingOptions } from '../../options/database-routing-options.js';
import { checkKeys, refuse } from '../../options/check.js';
import { type ClientQuery, recordingClient } from './recording-client.js';

/** A query that was sent to an engine. */
export interface RecordedQuery {
  /** `'master'`, or a slave's name. */
  readonly engine: string;
  readonly kind: 'read' | 'write';
  /** As PostgreSQL would get it. */
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

export interface RecordedEnginesOptions {
  /** How many slaves, or their names. Default 1, which is `slave1`. */
  readonly slaves?: number | readonly string[];
}

type Rows = readonly object[] | ((query: RecordedQuery) => readonly object[]);

/** What begins, ends or marks a transaction. */
const TRANSACTION = /^\s*(?:begin|start transaction|commit|rollback|savepoint|release|set transaction)\b/i;
const READ = /^\s*(?:select|with|values|show|table|explain)\b/i;

/**
 * A master and slaves without a database, for unit tests: `forRoot(engines.options)` or `createDatabaseRouting(engines.options)`. Queries
 * are routed by the rules that hold everywhere, and recorded; they are answered with no rows, unless `answer` says others. Raw SQL
 * counts as a read by its first word. What slaves show, lag, bookmarks and failures are PostgreSQL's own: `startReplicatedPostgres` has them.
 */
export class RecordedEngines {
  readonly options: DatabaseRoutingOptions;
  /** In the order in which they were sent. */
  readonly queries: RecordedQuery[] = [];
  private readonly answers: [pattern: string | RegExp, rows: Rows][] = [];

  constructor(options: RecordedEnginesOptions = {}) {
    checkKeys('recordEngines()', options, ['slaves']);
    const classify: ClassifySql = (sql) => (READ.test(sql) ? 'read' : 'write');
    this.options = {
      client: recordingClient((engine, query) => this.record(engine, query)),
      master: { connection: { host: 'master' } },
      slaves: Object.fromEntries(
        namesOf(options.slaves ?? 1).map((name) => [name, { connection: { host: name } }]),
      ),
      classify,
    };
  }

  get reads(): readonly RecordedQuery[] {
    return this.queries.filter(({ kind }) => kind === 'read');
  }

  get writes(): readonly RecordedQuery[] {
    return this.queries.filter(({ kind }) => kind === 'write');
  }

  /** Gives rows to queries whose SQL has a text in it, or matches; the last one that fits counts. */
  answer(pattern: string | RegExp, rows: Rows): this {
    this.answers.push([pattern, rows]);
    return this;
  }

  /** Forgets what was recorded; what is answered stays. */
  clear(): void {
    this.queries.length = 0;
  }

  private record(engine: string, { sql, bindings = [], method = 'raw' }: ClientQuery): readonly object[] {
    if (TRANSACTION.test(sql)) return [];
    const writes =
      ['insert', 'update', 'del', 'counter'].includes(method) || (method === 'raw' && !READ.test(sql));
    const query: RecordedQuery = { engine, kind: writes ? 'write' : 'read', sql, bindings: [...bindings] };
    this.queries.push(query);
    const fits = ([pattern]: readonly [string | RegExp, Rows]): boolean =>
      typeof pattern === 'string' ? sql.includes(pattern) : pattern.test(sql);
    const rows = this.answers.findLast(fits)?.[1] ?? [];
    return typeof rows === 'function' ? rows(query) : rows;
  }
}

/** A master and slaves that record what is sent to them. */
export function recordEngines(options: RecordedEnginesOptions = {}): RecordedEngines {
  return new RecordedEngines(options);
}

function namesOf(slaves: number | readonly string[]): readonly string[] {
  if (typeof slaves !== 'number') return slaves;
  if (!Number.isInteger(slaves) || slaves < 0) refuse('slaves', 'a whole number from 0', slaves);
  return Array.from({ length: slaves }, (_, index) => `slave${index + 1}`);
}
