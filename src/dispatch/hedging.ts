import type { Clock, Timer } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { type KnexConnection, sever } from '../knex-internals.js';
import type { DecisionAnnouncer } from '../routing/decision-announcer.js';
import type { Dispatched } from './dispatched.js';
import { HedgeBudget } from './hedge-budget.js';
import type { OtherSlave } from './other-slave.js';
import { ReadsUnderWay } from './reads-under-way.js';
import { SlowTexts } from './slow-texts.js';

/** What was asked of two slaves may run on for so long on the one whose answer is not needed any more. */
const LEFT_FOR_MS = 10_000;

/** What hedging is put together from. */
export interface HedgingParts {
  readonly others: OtherSlave;
  readonly announcer: DecisionAnnouncer;
  readonly clock: Clock;
}

/** Which reads may be asked of a second slave, and when. Owned by one set of engines. */
export class Hedging {
  readonly slowTexts: SlowTexts;
  readonly clock: Clock;
  private readonly budget = new HedgeBudget();
  private readonly underWay = new WeakMap<Engine, ReadsUnderWay>();
  private readonly left = new Set<KnexConnection>();
  private isStopped = false;

  constructor(private readonly parts: HedgingParts) {
    this.clock = parts.clock;
    this.slowTexts = new SlowTexts(parts.clock);
  }

  /** Where a read waits that the balancer has sent to a slave; undefined for all else, which is asked of one engine only. */
  watches({ isChosen, role, engine, query }: Dispatched): ReadsUnderWay | undefined {
    const isAnySlaves = isChosen && role === 'slave' && query.movable;
    if (!isAnySlaves || query.classification.intent !== 'read' || !this.parts.others.mayBe) return undefined;
    this.budget.earn();
    let underWay = this.underWay.get(engine);
    if (!underWay) this.underWay.set(engine, (underWay = new ReadsUnderWay(this.clock)));
    return underWay;
  }

  /** Another slave for a read that is late, and may be asked of one more; `sql`: where it was sent. Never rejects. */
  async otherFor(dispatched: Dispatched, sql: string | undefined): Promise<Engine | undefined> {
    const isWorthIt = sql === undefined || !(this.budget.isEmpty || this.slowTexts.has(sql));
    return isWorthIt ? this.parts.others.than(dispatched) : undefined;
  }

  /** Whether one more read may be sent; then it is about to be. */
  mayAsk({ engine, query: { context } }: Dispatched, other: Engine): boolean {
    if (this.budget.isEmpty) return false;
    this.budget.spend();
    this.parts.announcer.hedged({ engine: engine.name, other: other.name, wasSent: true }, context);
    return true;
  }

  /** A read that waited for a connection has one of another slave's. */
  moved({ engine, query: { context } }: Dispatched, other: Engine): void {
    this.parts.announcer.hedged({ engine: engine.name, other: other.name, wasSent: false }, context);
  }

  /**
   * Nobody waits any more for what runs on a connection. It may end, as a cancel request would take a new connection to a server that
   * may be frozen; the connection is closed if it does not. Returns what to call when it has ended.
   */
  leave(connection: KnexConnection): () => void {
    if (this.isStopped) sever(connection);
    this.left.add(connection);
    const timer: Timer = this.clock.after(LEFT_FOR_MS, () => sever(connection));
    timer.unref();
    return () => {
      timer.cancel();
      this.left.delete(connection);
    };
  }

  start(): void {
    this.isStopped = false;
  }

  /** Nobody waits for these answers, so the end of the set does not either. */
  stop(): void {
    this.isStopped = true;
    for (const connection of this.left) sever(connection);
  }
}
