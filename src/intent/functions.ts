import type { FunctionRow } from './catalogue-rows.js';
import { wordsIn } from './function-bodies.js';
import { qualified } from './names.js';
import { isSafeSystemFunction, verdictOfSymbol } from './reviewed-functions.js';
import { type Verdict, worst } from './verdict.js';

interface Overload {
  readonly row: FunctionRow;
  readonly declared: Verdict;
}

/** What a function's body says, where it has one. */
export type JudgeBody = (row: FunctionRow) => Verdict;

/** Functions by name, with and without a schema, and by how many arguments they are given. */
export class Functions {
  private readonly overloads = new Map<string, Overload[]>();
  private readonly unsafe = new Set<string>();
  private readonly unsafeDefaults = new Set<FunctionRow>();

  constructor(
    rows: readonly FunctionRow[],
    private readonly judgeBody: JudgeBody,
  ) {
    for (const row of rows) {
      const overload = { row, declared: declaredVerdict(row) };
      this.add(row.name, overload);
      this.add(qualified(row.schema, row.name), overload);
    }
  }

  /** All overloads of it do more than read, whatever they are called. */
  addUnsafe(schema: string, name: string): void {
    this.unsafe.add(name).add(qualified(schema, name));
  }

  /** A slave refused it, whatever it is called. */
  refuse(name: string): void {
    for (const { row } of this.overloads.get(name) ?? []) this.addUnsafe(row.schema, name);
  }

  /** All words in the bodies of functions of that name, as far as bodies are read. */
  wordsOfBodies(name: string): ReadonlySet<string> {
    return wordsIn((this.overloads.get(name) ?? []).map(({ row }) => row.body ?? '').join(' '));
  }

  /** What it fills in for arguments left out does more than read. */
  addUnsafeDefault(row: FunctionRow): void {
    this.unsafeDefaults.add(row);
  }

  /** The worst of the overloads that take so many arguments, or of all. */
  verdict(schema: string | undefined, name: string, given?: number): Verdict {
    const key = qualified(schema, name);
    if (this.unsafe.has(key)) return 'unsafe';
    return worst(this.meant(key, given).map((overload) => this.ofOverload(overload, given)));
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

  /** Whether one of the overloads that take so many arguments is not PostgreSQL's own. */
  isOwn(schema: string | undefined, name: string, given?: number): boolean {
    return this.meant(qualified(schema, name), given).some(({ row }) => row.schema !== 'pg_catalog');
  }

  /** Whether one of them does more than read, whatever its body says. */
  isDeclaredUnsafe(schema: string | undefined, name: string, given?: number): boolean {
    const key = qualified(schema, name);
    return this.unsafe.has(key) || this.meant(key, given).some(({ declared }) => declared === 'unsafe');
  }

  private meant(key: string, given: number | undefined): readonly Overload[] {
    const overloads = this.overloads.get(key) ?? [];
    return given === undefined ? overloads : overloads.filter(({ row }) => takes(row, given));
  }

  private ofOverload({ row, declared }: Overload, given = 0): Verdict {
    if (given < row.arguments && this.unsafeDefaults.has(row)) return 'unsafe';
    return declared === 'safe' ? this.judgeBody(row) : declared;
  }

  private add(key: string, overload: Overload): void {
    const others = this.overloads.get(key);
    if (others) others.push(overload);
    else this.overloads.set(key, [overload]);
  }
}

function declaredVerdict({ schema, name, stable, symbol }: FunctionRow): Verdict {
  if (symbol) return verdictOfSymbol(symbol, stable);
  const onlyReads = schema === 'pg_catalog' ? isSafeSystemFunction(name, stable) : stable;
  return onlyReads ? 'safe' : 'unsafe';
}

function takes({ arguments: full, optional, variadic }: FunctionRow, given: number): boolean {
  return given >= full - optional && (variadic || given <= full);
}
