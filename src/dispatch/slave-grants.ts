import { LRUCache } from 'lru-cache';
import type { Engine } from '../engines/engine.js';
import { loginOf, missingGrant } from '../health/missing-grant.js';
import type { RoutingLogger } from '../routing-logger.js';

/** So many grants are remembered as told. */
const MOST_TOLD = 100;

/**
 * Tells which grant the login of a slave misses that is another than the master's: the app knows its SQL to be right, since the
 * master runs it. Once for each grant.
 */
export class SlaveGrants {
  private readonly told = new LRUCache<string, true>({ max: MOST_TOLD });

  constructor(
    private readonly master: () => Engine,
    private readonly logger: RoutingLogger,
  ) {}

  /** A query has failed on the engine. */
  note(engine: Engine, error: unknown): void {
    const grant = engine.role === 'slave' ? missingGrant(engine, error) : undefined;
    if (grant === undefined || loginOf(engine) === loginOf(this.master()) || this.told.has(grant)) return;
    this.told.set(grant, true);
    this.logger.warn(
      `Slave ${engine.name} refused a query, for its login is another than the master's and misses a grant. On the master: ${grant}`,
    );
  }
}
