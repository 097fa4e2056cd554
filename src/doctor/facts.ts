import type { EngineRole } from '../engines/engine.js';

/** What the doctor has found out of one engine. What it was not told is null. */
export interface EngineFacts {
  readonly name: string;
  /** As it is configured. */
  readonly role: EngineRole;
  /** Where its connections go, such as `db1:5432/app`. */
  readonly address: string;
  readonly login: string | undefined;
  /** How many connections its pool may open in each process. */
  readonly poolMax: number;
  /** Why a connection could not be made, or why one that was made did not answer. */
  readonly failure: Failure | undefined;
  /** How many connections could not be made. */
  readonly failed: number;
  /** Those that have answered. */
  readonly connections: readonly ConnectionFacts[];
  readonly server: ServerFacts | undefined;
  /** Parts that the server refused to tell, by what they are for. */
  readonly refused: Readonly<Partial<Record<QuestionName, Refusal>>>;
  /** It did not answer all questions: what is null may be anything. */
  readonly isUnfinished: boolean;
  readonly positions: readonly PositionSample[];
}

export interface Failure {
  /** PostgreSQL's, Node's, or `TIMEOUT`. */
  readonly code: string;
  readonly message: string;
}

export interface Refusal {
  /** The server's words. */
  readonly message: string;
  /** SQL for the master; undefined where no privilege is missing. */
  readonly grant: string | undefined;
}

/** What several connections of one engine have told, each of itself. */
export interface ConnectionFacts {
  /** Which run of a server it reaches. */
  readonly run: string;
  readonly in_recovery: boolean;
  /** A pooler has told another process than the server has. */
  readonly isPooled: boolean;
}

/** What a server says of itself, and of this login. */
export interface ServerFacts {
  readonly run: string;
  readonly in_recovery: boolean;
  readonly version: number;
  readonly database: string;
  readonly port: number | null;
  readonly max_connections: number | null;
  /** Of those, for others than the app. */
  readonly reserved_connections: number;
  /** What the login, or the database, is limited to. */
  readonly connection_limit: number | null;
  /** How many connections the server has now, the doctor's own among them. */
  readonly connected: number | null;
  readonly ssl: boolean | null;
  readonly synchronous_commit: string | null;
  readonly search_path: string | null;
  readonly time_zone: string | null;
  readonly isolation: string | null;
  readonly standard_conforming_strings: string | null;
  /** Where settings come from, in the words of `pg_settings.source`. */
  readonly sources: Readonly<Record<string, string>>;
  /** In ms; 0: none. */
  readonly statement_timeout: number;
  readonly idle_timeout: number;
  readonly hot_standby_feedback: string | null;
  /** In ms; -1: for ever. */
  readonly max_standby_streaming_delay: number;
  readonly recovery_min_apply_delay: number;
  readonly system: string | null;
  readonly paused: boolean | null;
  /** Where a slave streams from. */
  readonly sender_host: string | null;
  readonly sender_port: number | null;
  readonly is_receiving: boolean | null;
  /** What a slave calls itself where it streams from. */
  readonly receiver_name: string | null;
  /** What those call themselves that stream from it. */
  readonly senders: readonly (string | null)[] | null;
  /** Age of the oldest snapshot that a session holds, in ms. */
  readonly oldest_snapshot_ms: number | null;
  /** Reads that were ended since replay needed what they saw. */
  readonly snapshot_conflicts: number | null;
  readonly sees_statistics: boolean | null;
  readonly reads_functions: boolean | null;
}

/** Where a server's log stands, in bytes. */
export interface PositionSample {
  readonly atMs: number;
  /** A master's own, else what a slave has received. */
  readonly written: bigint;
  /** What a slave has replayed; a master's own. */
  readonly replayed: bigint;
}

export type QuestionName =
  | 'base'
  | 'position'
  | 'identity'
  | 'replay'
  | 'settings'
  | 'limits'
  | 'grants'
  | 'receiver'
  | 'senders'
  | 'activity'
  | 'conflicts';
