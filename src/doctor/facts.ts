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
  /** Why no connection could be made. */
  readonly failure: ConnectFailure | undefined;
  readonly connections: readonly ConnectionFacts[];
  readonly server: ServerFacts | undefined;
  /** Parts that the server refused to tell, by what they are for, each with its words. */
  readonly refused: Readonly<Partial<Record<QuestionName, string>>>;
  readonly positions: readonly PositionSample[];
}

export interface ConnectFailure {
  /** PostgreSQL's, Node's, or `TIMEOUT`. */
  readonly code: string;
  readonly message: string;
}

/** What several connections of one engine have told, each of itself. */
export interface ConnectionFacts {
  /** Which run of a server it reaches. */
  readonly run: string;
  /** A pooler has told another process than the server has. */
  readonly isPooled: boolean;
}

/** What a server says of itself, and of this login. */
export interface ServerFacts {
  readonly run: string;
  readonly in_recovery: boolean;
  readonly version: number;
  readonly database: string;
  readonly port: number;
  readonly max_connections: number;
  /** Of those, for others than the app. */
  readonly reserved_connections: number;
  readonly ssl: boolean | null;
  readonly synchronous_commit: string;
  readonly search_path: string;
  readonly time_zone: string;
  readonly isolation: string;
  readonly standard_conforming_strings: string;
  /** In ms; 0: none. */
  readonly statement_timeout: number;
  readonly idle_timeout: number;
  readonly hot_standby_feedback: string;
  /** In ms; -1: for ever. */
  readonly max_standby_streaming_delay: number;
  readonly recovery_min_apply_delay: number;
  readonly system: string | null;
  readonly is_paused: boolean | null;
  /** Where a slave streams from. */
  readonly sender_host: string | null;
  readonly sender_port: number | null;
  readonly is_receiving: boolean | null;
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

export type QuestionName = 'base' | 'identity' | 'replay' | 'receiver' | 'activity' | 'conflicts' | 'grants';
