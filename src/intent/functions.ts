import type { FunctionRow } from './catalogue-reader.js';
import { qualified } from './names.js';
import { isSafeSymbol, isSafeSystemFunction } from './reviewed-functions.js';
import type { Verdict } from './verdict.js';

interface Overload {
  readonly row: FunctionRow;
  readonly safe: boolean;
}

/** Functions by name, with and without a schema, and by how many arguments they are given. */
export class Functions {
  private readonly overloads = new Map<string, Overload[]>();
  private readonly unsafe = new Set<string>();
  private readonly unsafeDefaults = new Set<FunctionRow>();

  constructor(rows: readonly FunctionRow[]) {
    for (const row of rows) {
      const overload = { row, safe: onlyReads(row) };
      this.add(row.name, overload);
      this.add(qualified(row.schema, row.name), overload);
    }
  }

  /** All overloads of it do more than read, whatever they are called. */
  addUnsafe(schema: string, name: string): void {
    this.unsafe.add(name).add(qualified(schema, name));
  }

  /** What it fills in for arguments left out does more than read. */
  addUnsafeDefault(row: FunctionRow): void {
    this.unsafeDefaults.add(row);
  }

  /** Of the overloads that take so many arguments, or of all: safe where all of them are. */
  verdict(schema: string | undefined, name: string, given?: number): Verdict {
    const key = qualified(schema, name);
    if (this.unsafe.has(key)) return 'unsafe';
    const meant = this.meant(key, given);
    if (meant.length === 0) return 'unknown';
    return meant.every((overload) => this.isSafe(overload, given)) ? 'safe' : 'unsafe';
  }

  /** Whether all of the overloads that take so many arguments are volatile, and so never run while a query is planned. */
  areVolatile(schema: string | undefined, name: string, given?: number): boolean {
    const meant = this.meant(qualified(schema, name), given);
    return meant.length > 0 && meant.every(({ row }) => !row.stable);
  }

  /** Whether one of the overloads that take so many arguments may read tables; none of PostgreSQL's own that is safe does. */
  mayReadTables(schema: string | undefined, name: string, given?: number): boolean {
    const meant = this.meant(qualified(schema, name), given);
    return meant.some(({ row }) => row.schema !== 'pg_catalog' && !row.immutable);
  }

  private meant(key: string, given: number | undefined): readonly Overload[] {
    const overloads = this.overloads.get(key) ?? [];
    return given === undefined ? overloads : overloads.filter(({ row }) => takes(row, given));
  }

  private isSafe({ row, safe }: Overload, given = 0): boolean {
    return safe && (given >= row.arguments || !this.unsafeDefaults.has(row));
  }

  private add(key: string, overload: Overload): void {
    const others = this.overloads.get(key);
    if (others) others.push(overload);
    else this.overloads.set(key, [overload]);
  }
}

function onlyReads({ schema, name, stable, symbol }: FunctionRow): boolean {
  if (symbol) return isSafeSymbol(symbol, stable);
  return schema === 'pg_catalog' ? isSafeSystemFunction(name, stable) : stable;
}

function takes({ arguments: full, optional, variadic }: FunctionRow, given: number): boolean {
  return given >= full - optional && (variadic || given <= full);
}
