import type { Knex } from 'knex';
import type { Clock } from '../clock.js';
import { type KnexConnection, clientOf, sever } from '../knex-internals.js';
import { EngineServers, type Endpoint } from './engine-servers.js';
import { closeWithin } from './close-within.js';
import type { EngineState } from './engine-state.js';
import type { FreeConnections } from './free-connections.js';
import { TouchedConnections } from './touched-connections.js';
import { rejectWaiting } from './waiting-acquires.js';

export type EngineRole = 'master' | 'slave';

/** What an engine is made of. */
export interface EngineParts {
  readonly name: string;
  readonly role: EngineRole;
  readonly weight: number;
  readonly knex: Knex;
  readonly probes: Knex;
  /** Whether its server, as a slave's, refuses to write on its connections. Default true. */
  readonly refusesWrites?: boolean;
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
  /** Whether what is only unproved may run there as a slave, by the server's own word that it does not write. */
  readonly refusesWrites: boolean;
  /** Queries sent and not yet answered, from this process; counted by those who run them. */
  inFlight = 0;
  /** Which servers its name leads to. */
  readonly servers = new EngineServers();
  readonly touched = new TouchedConnections();
  /** Written by health alone, through the registry. */
  state: EngineState;
  /** Resolves when its role is sure, to false where that is not watched; health's to say. A master's new connections wait for it. */
  confirmRole: () => Promise<boolean> = () => Promise.resolve(false);
  /** Undefined where only Knex itself can take a connection from its pool. */
  freeConnections: FreeConnections | undefined;
  /** Its open connections. */
  private readonly connections = new Set<KnexConnection>();
  /** And since when, in ms of the clock. */
  private readonly probeConnections = new Map<KnexConnection, number>();
  /** Counts what connections don't survive: a change of role, or having been cut. */
  private generation = 0;
  private readonly generations = new WeakMap<object, number>();

  private readonly clock: Clock;

  constructor({ name, role, weight, knex, probes, refusesWrites = true, clock }: EngineParts) {
    this.name = name;
    this.refusesWrites = refusesWrites;
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

  /** When the server that was heard of last was started, as it says (`SERVER_RUN`); undefined until one was asked. */
  get startedAt(): string | undefined {
    return this.servers.newest;
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

  /** A connection was opened, or taken from a pool that is the user's. */
  opened(connection: KnexConnection): void {
    this.connections.add(connection);
    if (this.generations.has(connection)) return;
    this.generations.set(connection, this.generation);
    connection.once?.('end', () => this.connections.delete(connection));
  }

  /** It is the user's again. */
  leaves(connection: KnexConnection): void {
    this.connections.delete(connection);
  }

  /** Undefined where a pooler stands between, and where nobody has asked. */
  runOf(connection: KnexConnection): string | undefined {
    return this.servers.runOf(connection);
  }

  isPooled(connection: KnexConnection): boolean {
    return this.servers.isPooled(connection);
  }

  /** How its address leads to servers, as its connections have found; undefined before it was asked. */
  get endpoint(): Endpoint | undefined {
    return this.startedAt === undefined ? undefined : this.servers.endpoint;
  }

  /** Whether its name may lead a query to another server than the one that was heard of last. */
  get leadsAround(): boolean {
    return this.servers.leadAround;
  }

  /** The same of those that questions are asked on. */
  openedProbe(connection: KnexConnection): void {
    if (this.probeConnections.has(connection)) return;
    this.probeConnections.set(connection, this.clock.nowMs());
    connection.once?.('end', () => this.probeConnections.delete(connection));
  }

  /** Whether an idle connection may still be used: not where it was begun in another role, was cut, or leads to a worse server. */
  isCurrent(connection: KnexConnection): boolean {
    if (this.servers.isAvoided(connection) || this.touched.has(connection)) return false;
    return (this.generations.get(connection) ?? this.generation) === this.generation;
  }

  /** The same of one that questions are asked on: where the name leads to several servers, new ones meet those that joined. */
  isCurrentProbe(connection: KnexConnection): boolean {
    const { servers, clock, probeConnections } = this;
    if (!servers.areSeveral) return true;
    return clock.nowMs() - (probeConnections.get(connection) ?? 0) < PROBED_FOR_MS;
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

  /** Ends all its connections at once, so that queries which wait for a server that does not answer hear of it. */
  cut(): void {
    this.generation++;
    for (const connection of this.connections) sever(connection);
    this.connections.clear();
    this.turnAway();
  }

  /** A query that waits for a connection gets an error at once, and may go elsewhere; what runs may end. */
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
  destroy(): Promise<void> {
    const graceMs = this.state.kind === 'down' ? 0 : GRACE_MS;
    return closeWithin(graceMs, this.knex, () => this.cut(), this.clock);
  }

  /** Nothing more is asked of it. */
  destroyProbes(): Promise<void> {
    const cut = () => [...this.probeConnections.keys()].forEach(sever);
    cut();
    return closeWithin(0, this.probes, cut, this.clock);
  }
}

/** So long a connection serves for questions where another may meet another server. */
const PROBED_FOR_MS = 5_000;
/** For what still runs when the app ends: with what closing takes, the end of a set is there within 10 s. */
const GRACE_MS = 9_000;
