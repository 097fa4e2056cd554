import { type Classification, READ } from './intent.js';
import { qualified } from './names.js';

/** Reads that a slave answers differently from the master although it has caught up: see docs/routing.md. */
export const READ_ON_MASTER: Classification = Object.freeze({
  ...READ,
  because: 'everything in it is known to only read, and a slave would answer differently, or not at all',
  answersDiffer: true,
});

/** PostgreSQL's functions about the server itself, its transactions, and sequences, of which the log runs ahead. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  'pg_blocking_pids',
  'pg_current_snapshot',
  'pg_get_replication_slots',
  'pg_is_in_recovery',
  'pg_lock_status',
  'pg_prepared_xact',
  'pg_safe_snapshot_blocking_pids',
  'pg_sequence_last_value',
  'pg_show_replication_origin_status',
  'pg_snapshot_xip',
  'pg_visible_in_snapshot',
  'txid_current_snapshot',
  'txid_snapshot_xip',
  'txid_visible_in_snapshot',
]);

/** PostgreSQL's own, and those of extensions that count what a server does. */
const VIEWS =
  /^pg_stat_|^pg_statio_|^pg_(?:locks|sequences|prepared_xacts|replication_slots|replication_origin_status)$/;

const SETTINGS: ReadonlySet<string> = new Set([
  'transaction_read_only',
  'default_transaction_read_only',
  'in_hot_standby',
]);

export function functionDiffers(name: string): boolean {
  return FUNCTIONS.has(name) || name.startsWith('pg_stat_get_');
}

/** What of one catalogue differs. */
export class DifferingNames {
  private readonly sequences: ReadonlySet<string>;
  private readonly views = new Set<string>();

  constructor(sequences: readonly (readonly [schema: string, name: string])[]) {
    this.sequences = new Set(sequences.flatMap(([schema, name]) => [name, qualified(schema, name)]));
  }

  /** The SQL of a view was judged to be answered differently. */
  note(sql: string): void {
    this.views.add(sql);
  }

  view(sql: string): boolean {
    return this.views.has(sql);
  }

  /** A sequence, or one of these views. */
  relation(schema: string | undefined, name: string): boolean {
    return this.sequences.has(qualified(schema, name)) || VIEWS.test(name);
  }
}

export function settingDiffers(name: unknown): boolean {
  return typeof name === 'string' && SETTINGS.has(name.toLowerCase());
}
