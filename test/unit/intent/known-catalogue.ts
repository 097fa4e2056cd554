import { SYSTEM_CLOCK } from '../../../src/clock.js';
import type { CatalogueRows, FunctionRow } from '../../../src/intent/catalogue-rows.js';
import { Catalogue } from '../../../src/intent/catalogue.js';
import { inspectSql } from '../../../src/intent/sql-inspector.js';
import { type ParseSql, loadSqlParser } from '../../../src/intent/sql-parser.js';
import { VERDICT_OF } from '../../../src/intent/verdict.js';

/** How the catalogue is watched where nothing turns on it: one process that is in use. */
export const WATCHED = { clock: SYSTEM_CLOCK, random: () => 0, isUsed: () => true };

export interface Known extends Partial<Omit<CatalogueRows, 'functions'>> {
  readonly functions?: readonly FunctionRow[];
}

/** A function: `of(1)`, `of(0, { stable: false })`. */
export function func(name: string, more: Partial<FunctionRow> = {}): FunctionRow {
  return {
    schema: 'public',
    name,
    stable: true,
    immutable: false,
    arguments: 1,
    optional: 0,
    variadic: false,
    defaults: null,
    version: '1',
    ...more,
  };
}

export const volatile = (name: string, more: Partial<FunctionRow> = {}) =>
  func(name, { stable: false, ...more });

/** What of PostgreSQL's own the tests speak of. */
const SYSTEM = [
  ...['upper', 'abs', 'length', 'to_regclass'].map((name) => func(name, { schema: 'pg_catalog' })),
  func('count', { schema: 'pg_catalog' }),
  func('count', { schema: 'pg_catalog', arguments: 0 }),
  func('now', { schema: 'pg_catalog', arguments: 0 }),
  func('txid_current', { schema: 'pg_catalog', arguments: 0 }),
  func('json_populate_record', { schema: 'pg_catalog', arguments: 2 }),
  func('pg_input_is_valid', { schema: 'pg_catalog', arguments: 2 }),
  volatile('random', { schema: 'pg_catalog', arguments: 0 }),
  volatile('nextval', { schema: 'pg_catalog' }),
];

const OPERATORS = ['=', '<>', '<', '>', '+', '-', '||', '@>'];

export function rowsOf({
  functions = [],
  operators = [],
  relations = [],
  ...more
}: Known = {}): CatalogueRows {
  return {
    ofOneRow: [],
    typeNames: [],
    types: [],
    castTypes: [],
    unsafeUnsaid: false,
    backslashEscapes: false,
    views: [],
    masterOnly: [],
    reaches: [],
    locked: [],
    versions: [],
    sequences: [],
    isSerializable: false,
    ...more,
    functions: [...SYSTEM, ...functions],
    operators: [...OPERATORS.map((name) => ['pg_catalog', name, true] as const), ...operators],
    relations: [['public', 'posts'], ['public', 'authors'], ...relations],
  };
}

/** A catalogue with the real grammar behind it, and what SQL is by it. */
export class KnownCatalogue {
  readonly catalogue: Catalogue;
  /** The SQL of views, defaults and checks that it had to look at. */
  readonly judged: string[] = [];

  private constructor(
    private readonly parse: ParseSql,
    known: Known,
  ) {
    this.catalogue = new Catalogue(rowsOf(known), (sql, catalogue) => {
      this.judged.push(sql);
      return VERDICT_OF[inspectSql(parse(sql), catalogue).intent];
    });
  }

  static async of(known: Known = {}): Promise<KnownCatalogue> {
    return new KnownCatalogue(await loadSqlParser({ broken() {}, mended() {} }), known);
  }

  intent(sql: string): string {
    return inspectSql(this.parse(sql), this.catalogue).intent;
  }

  because(sql: string): string {
    return inspectSql(this.parse(sql), this.catalogue).because;
  }
}
