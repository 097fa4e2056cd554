import type { Balancer } from '../balancer/balancer.js';
import type { FoundSlave, Freshness } from '../freshness/freshness.js';
import type { Consistency } from '../context/consistency.js';
import { ANY_SLAVE, type Context } from '../context/context.js';
import { narrows, seenOf } from '../context/seen.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { type Choice, type QueryFacts, type RoutingRules, type Skips, choose } from './choose.js';
import type { Health } from '../health/health.js';
import { withoutEffect } from '../options/dialect.js';
import type { Decision, Reason } from './decision.js';
import type { MasterBudget } from './master-budget.js';
import { refusedWithout } from './no-context.js';
import type { NoSlave } from './no-slave.js';
import { onlyWrites } from './only-writes.js';

/** At once, or after a wait. */
export type Decided = Decision | Promise<Decision>;

/** What decisions are made with. */
export interface DeciderParts {
  readonly engines: EngineRegistry;
  readonly balancer: Balancer;
  readonly rules: RoutingRules;
  readonly slavePer: 'context' | 'query';
  /** Undefined where positions can't be told: other databases, or no slaves. */
  readonly freshness: Freshness | undefined;
  /** Whether clients carry positions; else what they have seen is kept by time. */
  readonly clientsByPosition: boolean;
  readonly budget: MasterBudget;
  readonly noSlave: NoSlave;
  /** Undefined where engines can't be asked: other databases. */
  readonly health: Health | undefined;
}

const isAwaited = ({ configuredWeight, state }: Engine): boolean =>
  configuredWeight > 0 && state.kind === 'unknown';

/** Turns what the rules choose into an engine of the set. */
export class Decider {
  constructor(private readonly parts: DeciderParts) {}

  get rules(): RoutingRules {
    return this.parts.rules;
  }

  decide(query: QueryFacts, context: Context): Decided {
    this.parts.health?.need();
    const mustAsk = this.parts.engines.awaitsSlave && this.mustAskFirst(this.choice(query, context));
    if (!mustAsk) return this.decideNow(query, context);
    return this.afterFirstAnswers(this.choice(query, context), () => this.decideNow(query, context));
  }

  /** The same for a query whose Knex names its engine. */
  decideNamed(choice: Choice, query: QueryFacts, context: Context): Decided {
    const decide = () => this.arriving(this.decision(choice, context), query, context);
    return this.mustAskFirst(choice) ? this.afterFirstAnswers(choice, decide) : decide();
  }

  private decideNow(query: QueryFacts, context: Context): Decided {
    const choice = choose(query, context, this.rules, this.skips);
    const refused = refusedWithout(choice, context, this.rules);
    if (refused) throw refused;
    if (choice.engine === ANY_SLAVE && this.parts.engines.eligibleSlaves().length === 0)
      return this.withoutSlave(query, context);
    if (query.intent === 'read') this.parts.budget.read();
    const freshness = choice.reason === 'balanced' ? this.freshnessFor(query.consistency) : undefined;
    if (freshness) return this.fresh(query, context, freshness);
    return this.arriving(this.decision(choice, context), query, context);
  }

  /** Whether a slave that was not asked yet would have to serve. */
  mustAskFirst({ engine: name }: Choice): boolean {
    const { engines } = this.parts;
    if (!engines.awaitsSlave) return false;
    if (name === ANY_SLAVE) return engines.eligibleSlaves().length === 0 && engines.slaves.some(isAwaited);
    const engine = name === 'master' ? undefined : engines.find(name);
    return engine?.role === 'slave' && engine.state.kind === 'unknown';
  }

  private async afterFirstAnswers(choice: Choice, decide: () => Decided): Promise<Decision> {
    await this.parts.health?.firstAnswers(() => !this.mustAskFirst(choice));
    return decide();
  }

  /** No slave may serve, or not this read any more: the master does, as far as its budget goes. */
  withoutSlave(query: QueryFacts, context: Context): Decided {
    const decided = this.parts.noSlave.decide();
    if (!(decided instanceof Promise)) return this.arriving(decided, query, context);
    return decided.then((decision) =>
      decision ? this.arriving(decision, query, context) : this.decide(query, context),
    );
  }

  /** A decision, once its engine shows what the context has seen on a slave. */
  arriving(decision: Decision, query: QueryFacts, context: Context): Decided {
    return this.leavesSlave(decision, query, context) ? this.afterSlave(decision, context) : decision;
  }

  /** Skipped is an engine that is out of use, and a stranger's master param where the master has no budget for it. */
  private readonly skips: Skips = ({ engine, reason }) =>
    reason === 'master-param' ? !this.parts.budget.spend() : this.parts.engines.isOut(engine, 'The query');

  /** What the rules say, before a slave is chosen; nothing is changed by asking. `skipped` is told of each that is. */
  choice(query: QueryFacts, context: Context, skipped?: (choice: Choice) => void): Choice {
    const { engines, budget } = this.parts;
    return choose(query, context, this.rules, (choice) => {
      const isOut = () => engines.isOut(choice.engine, 'The query') && !this.mustAskFirst(choice);
      const isSkipped = choice.reason === 'master-param' ? !budget.hasRoom() : isOut();
      if (isSkipped) skipped?.(choice);
      return isSkipped;
    });
  }

  /** The engine of a choice, as fresh as it happens to be. */
  decision({ engine, reason }: Choice, context: Context): Decision {
    if (engine === 'master') return this.onMaster(reason);
    if (engine !== ANY_SLAVE) return { engine: this.parts.engines.get(engine, 'The query'), reason };
    const slave = this.keptSlave(context) ?? this.anySlave();
    return slave ? this.onSlave(slave, reason, context) : this.onMaster('no-slave');
  }

  /** A slave as the balancer chooses, for a caller outside any context; undefined where none may serve. */
  anySlave(): Engine | undefined {
    const slaves = this.parts.engines.eligibleSlaves();
    return slaves.length > 0 ? this.parts.balancer.choose(slaves) : undefined;
  }

  /** What tells how fresh a slave is, where that matters. */
  private freshnessFor(consistency: Consistency): Freshness | undefined {
    if (consistency === 'eventual') return undefined;
    const { clientsByPosition, freshness, engines } = this.parts;
    if (typeof consistency !== 'string' && !freshness && engines.balancing)
      throw withoutEffect('bounded(…)', 'it');
    return clientsByPosition || typeof consistency !== 'string' ? freshness : undefined;
  }

  /** Rules 9 to 11. */
  private fresh({ consistency, reads }: QueryFacts, context: Context, freshness: Freshness): Decided {
    const forClient = typeof consistency === 'string';
    const kept = this.keptSlave(context);
    const seen = seenOf(context.work.seen, reads);
    const reason = forClient && narrows(seen, kept?.server) ? 'bookmark' : 'balanced';
    const found = forClient
      ? freshness.forClient(seen, kept, this.parts.slavePer === 'context')
      : freshness.within(consistency, kept);
    return this.found(found, reason, forClient ? 'bookmark' : 'consistency', context);
  }

  private found(found: FoundSlave, reason: Reason, otherwise: Reason, context: Context): Decided {
    if (found instanceof Promise) {
      return found.then((slave) =>
        slave ? this.onSlave(slave, reason, context) : this.leave(otherwise, context),
      );
    }
    return found ? this.onSlave(found, reason, context) : this.onMaster(otherwise);
  }

  leave(reason: Reason, context: Context): Decided {
    const decision = this.onMaster(reason);
    context.work.slave = undefined; // it may take any that is fresh enough from here on
    return this.parts.freshness?.hasSeenSlave(context) ? this.afterSlave(decision, context) : decision;
  }

  /** A client that has seen a slave's data must not find less on the master; nobody sees what guards read. */
  private leavesSlave({ engine }: Decision, query: QueryFacts, context: Context): boolean {
    if (engine.role !== 'master' || onlyWrites(query) || !context.balanced) return false;
    if (query.consistency !== 'session' && query.consistency !== 'strong') return false;
    return this.parts.freshness?.hasSeenSlave(context) ?? false;
  }

  private async afterSlave(decision: Decision, context: Context): Promise<Decision> {
    await this.parts.freshness?.leaveSlave(context);
    return decision;
  }

  private onMaster(reason: Reason): Decision {
    return { engine: this.parts.engines.master, reason };
  }

  private onSlave(slave: Engine, reason: Reason, context: Context): Decision {
    if (this.keepsSlave(context)) context.work.slave = slave.name;
    return { engine: slave, reason };
  }

  /** The slave that a context has read from, where it still may. */
  keptSlave(context: Context): Engine | undefined {
    const kept = this.keepsSlave(context) ? context.work.slave : undefined;
    const engine = kept === undefined ? undefined : this.parts.engines.find(kept);
    return engine && this.parts.engines.mayBalance(engine) ? engine : undefined;
  }

  private keepsSlave(context: Context): boolean {
    return context.kind !== 'none' && this.parts.slavePer === 'context';
  }
}
