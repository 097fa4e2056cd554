import type { Knex } from 'knex';
import type { DatabaseRoutingOptions } from '../../../src/index.js';
import type { Servers } from '../../common/servers.js';

/** What a person's requests read and write with; one and the same where the router tells them apart. */
export interface SessionKnex {
  readonly reads: Knex;
  readonly writes: Knex;
}

/** One person. What they have seen goes from one context to the next, where the router has a way for it. */
export interface RouterSession {
  context(work: (knex: SessionKnex) => Promise<void>): Promise<void>;
}

/** Queries of all its sessions say on their `query` event which engine runs them, in the field `engine`. */
export interface RouterUnderFault {
  session(): RouterSession;
  /** Whether it keeps reads away from an engine; undefined where it can't tell. */
  isOut(engine: string): boolean | undefined;
  /** Why engines went out, a phrase each time, where it tells. */
  readonly causes?: readonly string[];
  /** The engine that gets the writes. */
  masterNow(): string;
  close(): Promise<void>;
}

/** `onSent` is told of each query that the router is about to send to an engine. `options` are for ours. */
export type StartRouter = (
  servers: Servers,
  onSent: (engine: string, reason?: string) => void,
  options: Partial<DatabaseRoutingOptions>,
) => Promise<RouterUnderFault>;
