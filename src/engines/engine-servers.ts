import type { KnexConnection } from '../knex-internals.js';

/**
 * `direct`: always to the same server. `balanced`: a connection stays on its server, and two may reach different ones.
 * `pooled`: each transaction may run on another server.
 */
export type Endpoint = 'direct' | 'balanced' | 'pooled';

/** Servers that one name leads to, and their runs: so many are remembered. */
const MOST_RUNS = 100;

const NONE: ReadonlySet<string> = new Set();

/** Which servers an engine's name leads to, as its connections and probes say. Owned by the engine. */
export class EngineServers {
  /** The run of a server that was heard of last. */
  newest: string | undefined;
  /** Another run was heard of in between: so it is no restart, nor a name that has moved for good. */
  areSeveral = false;
  /** Runs that reads are kept from while others of the same name are better; health's to say. */
  avoided: ReadonlySet<string> = NONE;
  private readonly earlier = new Set<string>();
  /** Which run of a server a connection reaches as long as it lives. */
  private readonly runs = new WeakMap<KnexConnection, string>();
  /** Connections to a pooler, which may lead each transaction to another server. */
  private readonly pooled = new WeakSet<KnexConnection>();
  private isPooler = false;

  /** Somebody's answer came from that run of a server. */
  heard(run: string): void {
    if (run === this.newest) return;
    if (this.earlier.has(run)) this.areSeveral = true;
    if (this.newest !== undefined) this.earlier.add(this.newest);
    if (this.earlier.size > MOST_RUNS) this.earlier.delete(this.earlier.keys().next().value!);
    this.newest = run;
  }

  /** A connection has said which run of a server answers it, and whether that is for good. */
  reaches(connection: KnexConnection, run: string, isPooled: boolean): void {
    if (isPooled) this.pooled.add(connection);
    else this.runs.set(connection, run);
    this.isPooler = isPooled;
    this.heard(run);
  }

  /** Undefined where a pooler stands between, and where nobody has asked. */
  runOf(connection: KnexConnection): string | undefined {
    return this.runs.get(connection);
  }

  isPooled(connection: KnexConnection): boolean {
    return this.pooled.has(connection);
  }

  isAvoided(connection: KnexConnection): boolean {
    return this.avoided.size > 0 && this.avoided.has(this.runs.get(connection)!);
  }

  get endpoint(): Endpoint {
    if (this.isPooler) return 'pooled';
    return this.areSeveral ? 'balanced' : 'direct';
  }

  /** Whether the name may lead a query to another server than the one that was heard of last. */
  get leadAround(): boolean {
    return this.isPooler || this.areSeveral;
  }
}
