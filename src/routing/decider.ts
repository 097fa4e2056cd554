import type { Balancer } from '../balancer/balancer.js';
import type { FoundSlave, Freshness } from '../freshness/freshness.js';
import type { Consistency } from '../context/consistency.js';
import type { Context } from '../context/context.js';
import type { Engine } from '../engines/engine.js';
import { isLate, isOutOfUse } from '../engines/engine-state.js';
import { ANY_SLAVE, type EngineRegistry } from '../engines/engine-registry.js';
import { BALANCED, type Choice, type QueryFacts, type RoutingRules, choose } from './choose.js';
import { SlavesUnavailableError } from '../errors.js';
import type { Health } from '../health/health.js';
import type { Decision, Reason } from './decision.js';
import type { MasterBudget } from './master-budget.js';

/** At once, or after a wait for a slave that is fresh enough. */
export type Decided = Decision | Promise<Decision>;

/** Turns what the rules choose into an engine of the set. */
export class Decider {
  constructor(
    private readonly engines: EngineRegistry,
    private readonly balancer: Balancer,
    readonly rules: RoutingRules,
    private readonly slavePer: 'context' | 'query',
    /** Undefined where positions can't be told: other databases, or no slaves. */
    private readonly reads: Freshness | undefined,
    /** Whether clients' sessions are kept by position. */
    private readonly sessionsByPosition: boolean,
    private readonly budget: MasterBudget,
    /** Undefined where engines can't be asked: other databases. */
    private readonly health: Health | undefined,
  ) {}

  decide(query: QueryFacts, context: Context): Decided {
    this.health?.need();
    const choice = this.chosen(query, context);
    if (choice.engine === ANY_SLAVE && this.engines.eligibleSlaves().length === 0)
      return this.withoutSlave(query, context);
    if (query.intent === 'read') this.budget.read();
    const reads = choice.reason === 'balanced' ? this.readsFor(query.consistency) : undefined;
    if (reads) return this.fresh(query, context, reads);
    return this.arriving(this.decision(choice, context), query, context);
  }

  /** Where a read goes that has failed on slaves for their sake, and may not try another one. */
  lastResort(query: QueryFacts, context: Context): Decided {
    return this.withoutSlave(query, context);
  }

  /** A decision, once its engine shows what the context has seen on a slave. */
  arriving(decision: Decision, query: QueryFacts, context: Context): Decided {
    return this.leavesSlave(decision, query, context) ? this.afterSlave(decision, context) : decision;
  }

  /** What the rules say, where a wish lapses without it. */
  private chosen(query: QueryFacts, context: Context): Choice {
    const choice = this.choice(query, context);
    if (!this.lapses(choice)) return choice;
    const without = this.choice({ ...query, engine: undefined }, { ...context, scope: null });
    return this.lapses(without) ? BALANCED : without;
  }

  /** A wish for a slave lapses with the slave, and a stranger's for the master where that has no budget for it. */
  private lapses({ engine: name, reason }: Choice): boolean {
    if (reason === 'master-param') return !this.budget.spend();
    const engine = name === ANY_SLAVE ? undefined : this.engines.get(name, 'The query');
    return engine?.role === 'slave' && isOutOfUse(engine.state);
  }

  /** What the rules say, before a slave is chosen; nothing is changed by asking. */
  choice(query: QueryFacts, context: Context): Choice {
    return choose(query, context, this.rules);
  }

  /** What becomes of a choice, as far as it can be told without choosing a slave. */
  foreseen({ engine, reason }: Choice): Choice {
    if (engine !== ANY_SLAVE) return { engine: this.engines.get(engine, 'The query').name, reason };
    return this.engines.eligibleSlaves().length > 0
      ? { engine, reason }
      : { engine: 'master', reason: 'no-slave' };
  }

  /** The engine of a choice, as fresh as it happens to be. */
  decision({ engine, reason }: Choice, context: Context): Decision {
    if (engine === 'master') return this.onMaster(reason);
    if (engine !== ANY_SLAVE) return { engine: this.engines.get(engine, 'The query'), reason };
    const slave = this.keptSlave(context) ?? this.anySlave();
    return slave ? this.onSlave(slave, reason, context) : this.onMaster('no-slave');
  }

  /** A slave as the balancer chooses, for whoever asks outside any context; undefined where none may serve. */
  anySlave(): Engine | undefined {
    const slaves = this.engines.eligibleSlaves();
    return slaves.length > 0 ? this.balancer.choose(slaves) : undefined;
  }

  /** No slave may serve: the master does, as far as its budget goes. */
  private withoutSlave(query: QueryFacts, context: Context): Decided {
    this.budget.read();
    const mayUseMaster = !this.engines.balancing || this.budget.spend(); // a master without slaves is sized for reads
    if (mayUseMaster) return this.arriving(this.onMaster('no-slave'), query, context);
    const { otherwise, waitMs } = this.budget.options;
    if (otherwise === 'wait') return this.waitForSlave(query, context, waitMs);
    const stale = otherwise === 'stale' ? this.engines.slaves.find(({ state }) => isLate(state)) : undefined;
    if (!stale) throw new SlavesUnavailableError(this.states());
    return { engine: stale, reason: 'stale' };
  }

  private async waitForSlave(query: QueryFacts, context: Context, withinMs: number): Promise<Decision> {
    for (let leftMs = withinMs; leftMs > 0; leftMs -= LOOK_AGAIN_MS) {
      await this.health?.slaveReturns(Math.min(leftMs, LOOK_AGAIN_MS));
      if (this.engines.eligibleSlaves().length > 0) return this.decide(query, context);
      if (this.budget.spend()) return this.arriving(this.onMaster('no-slave'), query, context);
    }
    throw new SlavesUnavailableError(this.states());
  }

  private states(): string {
    return this.engines.slaves.map(({ name, state }) => `${name} is ${state.kind}`).join(', ');
  }

  /** What tells how fresh a slave is, where that matters. */
  private readsFor(consistency: Consistency): Freshness | undefined {
    if (consistency === 'eventual') return undefined;
    return this.sessionsByPosition || typeof consistency !== 'string' ? this.reads : undefined;
  }

  /** Rules 9 to 11. */
  private fresh({ consistency }: QueryFacts, context: Context, reads: Freshness): Decided {
    const bySession = typeof consistency === 'string';
    const kept = this.keptSlave(context);
    const reason = bySession && isBound(context, kept) ? 'bookmark' : 'balanced';
    const found = bySession
      ? reads.inSession(context, kept, this.slavePer === 'context')
      : reads.within(consistency, kept);
    return this.found(found, reason, bySession ? 'bookmark' : 'consistency', context);
  }

  private found(found: FoundSlave, reason: Reason, otherwise: Reason, context: Context): Decided {
    if (found instanceof Promise) {
      return found.then((slave) =>
        slave ? this.onSlave(slave, reason, context) : this.leave(otherwise, context),
      );
    }
    return found ? this.onSlave(found, reason, context) : this.onMaster(otherwise);
  }

  private leave(reason: Reason, context: Context): Decided {
    const decision = this.onMaster(reason);
    context.work.slave = undefined; // it may take any that is fresh enough from here on
    return this.reads?.hasSeenSlave(context) ? this.afterSlave(decision, context) : decision;
  }

  /**
   * A session that has seen a slave's data must not find less on the master. Not so for what only writes: its place in the
   * log is behind all that was seen. Nor for guards, whose reads nobody sees.
   */
  private leavesSlave({ engine }: Decision, query: QueryFacts, context: Context): boolean {
    if (engine.role !== 'master' || onlyWrites(query) || !context.balanced) return false;
    if (query.consistency !== 'session' && query.consistency !== 'strong') return false;
    return this.reads?.hasSeenSlave(context) ?? false;
  }

  private async afterSlave(decision: Decision, context: Context): Promise<Decision> {
    await this.reads?.leaveSlave(context);
    return decision;
  }

  private onMaster(reason: Reason): Decision {
    return { engine: this.engines.master, reason };
  }

  private onSlave(slave: Engine, reason: Reason, context: Context): Decision {
    if (this.keepsSlave(context)) context.work.slave = slave.name;
    return { engine: slave, reason };
  }

  private keptSlave(context: Context): Engine | undefined {
    const kept = this.keepsSlave(context) ? context.work.slave : undefined;
    const engine = kept === undefined ? undefined : this.engines.find(kept);
    return engine && this.engines.mayServe(engine) ? engine : undefined;
  }

  private keepsSlave(context: Context): boolean {
    return context.kind !== 'none' && this.slavePer === 'context';
  }
}

/** How often who waits for a slave looks whether the master's budget has room by now. */
const LOOK_AGAIN_MS = 50;

/** Whether what was seen narrows the choice: more than that the slave which is kept anyway may not change. */
function isBound({ work: { seen } }: Context, kept: Engine | undefined): boolean {
  return seen.position > 0n || (seen.unsettled !== undefined && seen.unsettled !== kept?.server);
}

/** A transaction may read too. */
function onlyWrites({ intent, builder }: QueryFacts): boolean {
  return intent === 'write' && builder !== undefined;
}
