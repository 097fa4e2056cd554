import { type PgQuery, type PgQueryClass, type PgWire, executeAlone } from '../pg-internals.js';

/** What stands in front of the read, and behind it. */
export interface GuardedBatch {
  readonly sql: string;
  readonly values: readonly string[];
  readonly witnessSql: string;
  readonly witnessValues: readonly string[];
  /** What the witness said. */
  heard(...answer: readonly unknown[]): void;
  /** The read did not run. */
  failed(error: unknown): void;
}

const classes = new WeakMap<PgQueryClass, GuardedQueryClass>();

type GuardedQueryClass = new (
  config: object,
  done: (error: unknown, result: unknown) => void,
  guard: GuardedBatch,
) => object;

/** pg's query with a guard in front and a question behind, in one batch: one round trip, and one transaction of the server's. */
export function guardedQueryClass(Query: PgQueryClass): GuardedQueryClass {
  let found = classes.get(Query);
  if (!found) classes.set(Query, (found = createClass(Query)));
  return found;
}

/** Which of the batch's statements answers. */
const [GUARD, READ, WITNESS] = [0, 1, 2];

function createClass(Query: PgQueryClass): GuardedQueryClass {
  return class GuardedQuery extends Query implements PgQuery {
    private part = GUARD;

    constructor(
      config: object,
      done: (error: unknown, result: unknown) => void,
      private readonly guard: GuardedBatch,
    ) {
      // without a name, which pg would book for the guard, and which a pooler's next server does not know
      super({ ...config, name: undefined, rows: undefined }, undefined, done);
    }

    /** What has no values takes the extended protocol too. */
    override requiresPreparation(): boolean {
      return true;
    }

    override prepare(wire: PgWire): void {
      executeAlone(wire, this.guard.sql, this.guard.values);
      super.prepare(wire);
    }

    override _getRows(wire: PgWire): void {
      wire.execute({ portal: '', rows: 0 });
      executeAlone(wire, this.guard.witnessSql, this.guard.witnessValues);
      wire.sync();
    }

    override handleDataRow(message: { readonly fields: readonly unknown[] }): void {
      if (this.part === READ) super.handleDataRow(message);
      if (this.part === WITNESS) this.guard.heard(...message.fields);
    }

    override handleCommandComplete(message: object, wire: PgWire): void {
      if (this.part === READ) super.handleCommandComplete(message, wire);
      this.part++;
    }

    override handleError(error: unknown, wire: PgWire): void {
      if (this.part === GUARD) this.guard.failed(error);
      super.handleError(error, wire);
    }
  };
}
