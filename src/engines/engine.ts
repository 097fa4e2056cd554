import type { Knex } from 'knex';
import type { Clock } from '../clock.js';
import { type KnexConnection, clientOf, sever } from '../knex-internals.js';
import type { EngineState } from './engine-state.js';
import { rejectWaiting } from './waiting-acquires.js';

export type EngineRole = 'master' | 'slave';

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
