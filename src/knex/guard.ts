import type { Dispatched } from '../dispatch/dispatched.js';
import { SERVER_TIMELINE } from '../engines/server-run.js';
import { type Position, formatPosition, parsePosition } from '../freshness/position.js';
import { type KnownVersions, versionsSql } from '../intent/versions.js';
import type { KnexConnection } from '../knex-internals.js';
import type { ConnectionGuard, PgQuery, PgQueryClass, PgStream } from '../pg-internals.js';
import { type GuardedBatch, guardedQueryClass } from './guarded-query.js';
import { guardStream } from './guarded-stream.js';

/** What a server must show: all up to a position of a timeline. */
export interface GuardedPosition {
  readonly position: Position;
  readonly timeline: number;
}

/** So that an operator who finds it in a slave's log knows what it is. */
const MISSED = 'nestjs-database-routing: behind what the client has seen, read elsewhere, harmless';

/** The same on a server that was the master once, and still gets connections that were meant for it. */
const NOT_MASTER = 'nestjs-database-routing: not the master any more, asked again, harmless';

/** `invalid_text_representation`: of the texts above, as a number. */
const MISSED_CODE = '22P02';
/** The server may not, or can't, tell what is asked: insufficient_privilege, feature_not_supported, undefined_function. */
const UNTOLD_CODES: ReadonlySet<unknown> = new Set(['42501', '0A000', '42883']);

/** The batch, and nothing after it, is read-only. */
const READ_ONLY = `set_config('transaction_read_only', 'on', true)`;

/** Above READ COMMITTED the read's snapshot is older than the answer. */
const SHOWS = `current_setting('transaction_isolation') = 'read committed' and (
  case when pg_is_in_recovery()
    then pg_last_wal_replay_lsn() >= $1::pg_lsn and ${SERVER_TIMELINE} = $2::int
    else pg_current_wal_insert_lsn() >= $1::pg_lsn
      and ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int = $2::int end)`;

/** The server has the functions and views by which the read was proved one. `at`: the number of the first value. */
const hasVersions = (at: number) => `${versionsSql(`$${at}`, `$${at + 1}`)} = $${at + 2}`;

/**
 * It must fail, not answer: then the server skips what follows. It also ends the connection of the pooler's that leads there: else
 * that would be lent again and again, to us and to others.
 */
const IS_MASTER = `select (case when not pg_is_in_recovery() then '1'
  when pg_terminate_backend(pg_backend_pid()) then '${NOT_MASTER}' end)::int`;

/** It must fail, not answer: then the server skips the read. */
const unless = (condition: string) =>
  `select ${READ_ONLY}, (case when ${condition} then '1' else '${MISSED}' end)::int`;

const SQL = {
  nothing: `select ${READ_ONLY}`,
  position: unless(SHOWS),
  versions: unless(hasVersions(1)),
  both: unless(`${SHOWS} and ${hasVersions(3)}`),
};

/**
 * In front of BEGIN, in the same message, so that no pooler can switch between. A transaction of its own, since what comes behind
 * BEGIN may have to be the first: `SET TRANSACTION`.
 */
export const ONLY_ON_MASTER = `begin; ${IS_MASTER}; commit; `;

/** Whether an error says that a server was not the master. */
export function isNotOnMaster(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === MISSED_CODE && String(message).includes(NOT_MASTER);
}

/** After the read's snapshot: what it has shown is not beyond this. */
const WITNESS = 'select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text end';
const SAME = `case when ${hasVersions(1)} then 'same' end`;

/** The guard of one read on one connection: the server that runs the read proves, in the same batch, that it shows what was seen. */
export class Guard implements GuardedBatch, ConnectionGuard {
  /** A position that covers what the read has shown; undefined where the server did not say. */
  witness: Position | undefined;
  /** The server is behind, or can't tell: the read did not run there. */
  hasMissed = false;
  /** The server has replayed another version meanwhile, which the read may have run: what it leaves may be on the connection. */
  hasChanged = false;

  /** `rests`: what the read was proved by. `isWitnessed`: whether the witness counts, where the server is not known otherwise. */
  constructor(
    private readonly shows: GuardedPosition | undefined,
    private readonly rests?: KnownVersions,
    private readonly isWitnessed = true,
  ) {}

  get sql(): string {
    if (this.shows) return this.rests ? SQL.both : SQL.position;
    return this.rests ? SQL.versions : SQL.nothing;
  }

  get values(): readonly string[] {
    const { shows } = this;
    return [
      ...(shows ? [formatPosition(shows.position), String(shows.timeline)] : []),
      ...this.witnessValues,
    ];
  }

  get witnessSql(): string {
    if (!this.rests) return WITNESS;
    return this.isWitnessed ? `${WITNESS}, ${SAME}` : `select null, ${SAME}`; // not every server tells its position
  }

  get witnessValues(): readonly string[] {
    const { rests } = this;
    return rests ? [rests.functions, rests.relations, rests.answer] : [];
  }

  /** Whether the read was proved one by functions and views that the server may replace. */
  get isOfVersions(): boolean {
    return this.rests !== undefined;
  }

  /** It has missed, and what the read was proved by may be the reason. */
  get mayLackVersions(): boolean {
    return this.hasMissed && this.isOfVersions;
  }

  /** It has missed, and nothing else was asked for. */
  get lacksVersions(): boolean {
    return this.mayLackVersions && this.shows === undefined;
  }

  /** How far the server had replayed, on the timeline that was asked for: so far it is known to show. */
  get proved(): Position | undefined {
    return this.shows && this.witness;
  }

  /** Whether a connection is the driver pg's, as it is known. */
  static canStandOn(connection: KnexConnection): boolean {
    const { Query } = connection.constructor as unknown as Partial<{ Query: PgQueryClass }>;
    const { prepare, _getRows: getRows } = (Query?.prototype ?? {}) as Partial<PgQuery>;
    return typeof prepare === 'function' && typeof getRows === 'function';
  }

  /** A connection whose next query is guarded. */
  over<Connection extends object>(connection: Connection): Connection {
    const GuardedQuery = guardedQueryClass(
      (connection.constructor as unknown as { Query: PgQueryClass }).Query,
    );
    return sending(
      connection,
      (config: object, done: (error: unknown, result: unknown) => void) =>
        new GuardedQuery(config, done, this),
    );
  }

  /** A connection whose next stream is guarded. */
  overStream<Connection extends object>(connection: Connection): Connection {
    return sending(connection, (stream: PgStream) => guardStream(stream, this));
  }

  /** Called by the query. */
  heard(witness: unknown, versions?: unknown): void {
    this.hasChanged = this.isOfVersions && versions !== 'same';
    if (typeof witness === 'string') this.witness = parsePosition(witness);
  }

  failed(error: unknown): void {
    const { code } = error as { code?: unknown };
    this.hasMissed = code === MISSED_CODE || UNTOLD_CODES.has(code);
  }
}

/**
 * The same of a read that was meant for the master: through a pooler it may reach a server that is a slave by now, where a balancer
 * in front has kept, or taken up again, a connection to the old master.
 */
class MasterGuard extends Guard {
  override get sql(): string {
    return IS_MASTER;
  }
}

/** Undefined where the connection stays on one server, which was asked when it was opened, and for what is not proved a read. */
export function masterGuard({ engine, query }: Dispatched, connection: KnexConnection): Guard | undefined {
  const isRead = query.classification.intent === 'read';
  const isNeeded = isRead && engine.isPooled(connection) && Guard.canStandOn(connection);
  return isNeeded ? new MasterGuard(undefined) : undefined;
}

/** A connection that sends something else than what it is given. */
function sending<Connection extends object>(
  connection: Connection,
  instead: (...given: never[]) => object,
): Connection {
  const { query: send } = connection as { query?: (query: object) => unknown };
  const query = (...given: never[]) => send!.call(connection, instead(...given));
  return Object.create(connection, { query: { value: query } }) as Connection;
}
