import type { Knex } from 'knex';
import type { Clock } from '../clock.js';
import { type KnexConnection, clientOf, sever } from '../knex-internals.js';
import type { EngineState } from './engine-state.js';
import { rejectWaiting } from './waiting-acquires.js';

export type EngineRole = 'master' | 'slave';

/**
 * `direct`: always to the same server. `balanced`: a connection stays on its server, and two may reach different ones.
 * `pooled`: each transaction may run on another server.
 */
export type Endpoint = 'direct' | 'balanced' | 'pooled';

/** What an engine is made of. */
export interface EngineParts {
  readonly name: string;
  readonly role: EngineRole;
  readonly weight: number;
  readonly knex: Knex;
  readonly probes: Knex;
  readonly clock: Clock;
}

/** One database of the set, with the Knex that owns its connections. */
export class Engine {
  readonly name: string;
  /** Changes with a promotion. */
  role: EngineRole;
  /** As it was given; written by the registry. */
  configuredWeight: number;
  readonly knex: Knex;
  /** Connections of its own for questions about the engine, so that a full pool can't hide how it is doing. */
  readonly probes: Knex;
  /** Queries sent and not yet answered, from this process; counted by those who run them. */
  inFlight = 0;
  /** When its server was started, as the server says (`SERVER_RUN`); undefined until a connection has asked. */
  startedAt: string | undefined;
  /** Written by health alone, through the registry. */
  state: EngineState;
  /** Resolves when its role is sure; health's to say. A master's new connections wait for it. */
  confirmRole: () => Promise<void> = () => Promise.resolve();
  /** Its open connections. */
  private readonly connections = new Set<KnexConnection>();
  private readonly probeConnections = new Set<KnexConnection>();
  /** Which run of a server a connection reaches as long as it lives. */
  private readonly runs = new WeakMap<KnexConnection, string>();
  /** What its newest connections have found; `direct` until one of them says otherwise. */
  private found: Endpoint = 'direct';
  /** Connections to a pooler, which may lead each transaction to another server. */
  private readonly pooled = new WeakSet<KnexConnection>();
  /** Counts what connections don't survive: a change of role, or having been cut. */
  private generation = 0;
  private readonly generations = new WeakMap<object, number>();

  private readonly clock: Clock;

  constructor({ name, role, weight, knex, probes, clock }: EngineParts) {
    this.name = name;
    this.role = role;
    this.configuredWeight = weight;
    this.knex = knex;
    this.probes = probes;
    this.clock = clock;
    this.state = { kind: 'unknown', since: new Date(clock.wallMs()) };
  }

  /** Its share of the reads against the others'; less while it comes back. */
  get weight(): number {
    return this.state.kind === 'returning' ? this.configuredWeight * this.state.share : this.configuredWeight;
  }

  /**
   * Names the server as long as it runs. A slave that was restarted may show less than before, until it has replayed what
   * it had; so what was seen on it counts for this run of it only.
   */
  get server(): string | undefined {
    return this.serverAt(this.startedAt);
  }

  /** The same for another run of it. */
  serverAt(startedAt: string | undefined): string | undefined {
    return startedAt === undefined ? undefined : `${this.name}@${startedAt}`;
  }

  /** A connection was opened. */
  opened(connection: KnexConnection): void {
    this.connections.add(connection);
    this.generations.set(connection, this.generation);
    connection.once?.('end', () => this.connections.delete(connection));
  }

  /** A slave's connection has said which run of a server answers it, and whether that is for good. */
  reaches(connection: KnexConnection, startedAt: string, isPooled: boolean): void {
    this.startedAt = startedAt;
    if (isPooled) this.pooled.add(connection);
    else this.runs.set(connection, startedAt);
    const leadsElsewhere = (other: KnexConnection) => (this.runs.get(other) ?? startedAt) !== startedAt;
    if (isPooled) this.found = 'pooled';
    else if (this.found === 'pooled' || [...this.connections].some(leadsElsewhere)) this.found = 'balanced';
  }

  /** Undefined where a pooler stands between, and on the master. */
  runOf(connection: KnexConnection): string | undefined {
    return this.runs.get(connection);
  }

  isPooled(connection: KnexConnection): boolean {
    return this.pooled.has(connection);
  }

  /** How a slave's address leads to servers, as its connections have found; undefined before the first, and on the master. */
  get endpoint(): Endpoint | undefined {
    return this.role === 'slave' && this.startedAt !== undefined ? this.found : undefined;
  }

  /** Whether its name may lead a query to another server than the one that was heard of last. */
  get leadsAround(): boolean {
    return this.found !== 'direct';
  }

  /** The same of those that questions are asked on. */
  openedProbe(connection: KnexConnection): void {
    this.probeConnections.add(connection);
    connection.once?.('end', () => this.probeConnections.delete(connection));
  }

  /** Whether an idle connection may still be used: not where it was begun in another role, or was cut. */
  isCurrent(connection: object): boolean {
    return (this.generations.get(connection) ?? this.generation) === this.generation;
  }

  /** Another role from now on; connections that were begun in the old one are not used again. */
  takeRole(role: EngineRole): void {
    this.role = role;
    this.outdate();
  }

  /** Idle connections are not used again: new ones wait until its role is sure. */
  outdate(): void {
    this.generation++;
  }

  /** Ends all its connections at once, so that whoever waits for a server which does not answer hears of it. */
  cut(): void {
    this.generation++;
    for (const connection of this.connections) sever(connection);
    this.connections.clear();
    this.turnAway();
  }

  /** Who waits for a connection gets an error at once, and may go elsewhere; what runs may end. */
  turnAway(): void {
    rejectWaiting(
      this.knex,
      new Error(`Connection terminated before it was there: ${this.name} is out of use`),
    );
  }

  /** Connects again when it is next needed, after `destroy()`. */
  initialize(): void {
    for (const knex of [this.knex, this.probes]) if (!clientOf(knex).pool) knex.initialize();
  }

  /** Closes its pool: what runs may end first, unless it does not answer, or takes longer than a while. */
  async destroy(): Promise<void> {
    const graceMs = this.state.kind === 'down' ? 0 : GRACE_MS;
    const cutting = this.clock.after(graceMs, () => this.cut());
    await this.knex.destroy().finally(() => cutting.cancel());
  }

  /** Nothing more is asked of it. */
  async destroyProbes(): Promise<void> {
    for (const connection of this.probeConnections) sever(connection);
    await this.probes.destroy();
  }
}

/** For what still runs when the app ends. */
const GRACE_MS = 10_000;
