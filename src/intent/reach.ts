import type { Catalogue } from './catalogue.js';
import type { ReachRow } from './catalogue-rows.js';
import { codeOf, wordsIn } from './function-bodies.js';

/** Statements that a trigger's body may hold, and that are not told by the tables that it names. */
const UNTOLD_WORDS =
  'alter call comment copy create do drop execute grant import listen merge refresh reindex revoke truncate';
const UNTOLD = new Set(UNTOLD_WORDS.split(' '));

/** PostgreSQL's own functions that are volatile and change no table. */
const HARMLESS = new Set(
  (
    'nextval currval lastval setval random gen_random_uuid uuidv4 uuidv7 clock_timestamp statement_timestamp ' +
    'timeofday pg_notify pg_advisory_xact_lock txid_current pg_current_xact_id set_config'
  ).split(' '),
);

/** Tables that a write can touch; undefined: it may be any. */
export type Reached = readonly string[] | undefined;

/**
 * Which tables a write to one can touch, by the catalogue: by triggers, foreign keys, partitions and heirs. Also those whose rows
 * refer to each other: what a write tells by its success, or by the number of its rows, no read of them may contradict.
 */
export class Reach {
  private readonly tables = new Map<string, ReachRow[2][]>();
  private readonly known = new Map<string, Reached>();
  /** Whether reading may run functions of the app's without a word of it. */
  readonly readsUnsaid: boolean;

  constructor(private readonly catalogue: Catalogue) {
    const { reaches, functions, ofOneRow, operators, types } = catalogue.rows;
    for (const [, name, parts] of reaches) this.tables.set(name, [...(this.tables.get(name) ?? []), parts]);
    const ofRows = new Set(ofOneRow);
    this.readsUnsaid =
      operators.some(([, , , calls]) => calls && calls.length > 0) ||
      functions.some(({ name, language }) => ofRows.has(name) && language) ||
      types.some(
        ({ check }) => !check || [...wordsIn(check)].some((word) => catalogue.isOwn(undefined, word)),
      );
  }

  of(table: string): Reached {
    const known = this.known.get(table);
    if (known !== undefined || this.known.has(table)) return known;
    const found = this.lookUp(table);
    this.known.set(table, found);
    return found;
  }

  /** Whether a function can be called in a write without touching other tables, and without its answer telling of any. */
  isHarmless(schema: string | undefined, name: string, given?: number): boolean {
    const { catalogue } = this;
    if (catalogue.isOwn(schema, name, given))
      return (
        catalogue.function(schema, name, given) === 'safe' && !catalogue.mayReadTables(schema, name, given)
      );
    return HARMLESS.has(name) || catalogue.function(schema, name, given) === 'safe';
  }

  private lookUp(table: string): Reached {
    if (this.catalogue.typesMayWrite) return undefined;
    const written = new Set([table]);
    for (const one of written) if (!this.touched(one, written)) return undefined; // what is added is looked at too
    const all = new Set(written);
    for (const one of all)
      for (const [kind, what] of this.partsOf(one)) if (kind === 'parent') all.add(what!);
    return [...all];
  }

  /** Adds what a write to a table touches; false where that can't be told. */
  private touched(table: string, found: Set<string>): boolean {
    if (!this.tables.has(table)) return false;
    for (const [kind, what] of this.partsOf(table)) {
      if (kind === 'opaque' || what === null) return false;
      if (kind === 'child') found.add(what);
      if (kind === 'function' && this.catalogue.function(undefined, what) !== 'safe') return false;
      if (kind === 'body' && !this.ofBody(what, found)) return false;
    }
    return true;
  }

  /** All tables that a trigger's body names; whether it does nothing else. */
  private ofBody(body: string, found: Set<string>): boolean {
    const { heldOperators } = this.catalogue;
    const code = codeOf(body);
    if (code === undefined || heldOperators.some((operator) => code.includes(operator))) return false;
    for (const word of wordsIn(code)) {
      if (UNTOLD.has(word)) return false;
      if (this.tables.has(word)) found.add(word);
      const verdict = this.catalogue.function(undefined, word);
      if (verdict !== 'safe' && verdict !== 'unknown' && !this.isHarmless(undefined, word)) return false;
    }
    return true;
  }

  private partsOf(table: string): ReachRow[2] {
    return this.tables.get(table)?.flat() ?? [];
  }
}
