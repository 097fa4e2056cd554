import type { Balancer } from '../balancer/balancer.js';
import type { Context } from '../context/context.js';
import type { Engine } from '../engines/engine.js';
import { ANY_SLAVE, type EngineRegistry } from '../engines/engine-registry.js';
import { type Choice, type RoutedQuery, type RoutingRules, decide } from './decide.js';
import type { Decision } from './decision.js';

/** Turns what the rules choose into an engine of the set. */
export class Router {
  constructor(
    private readonly engines: EngineRegistry,
    private readonly balancer: Balancer,
    private readonly rules: RoutingRules,
    private readonly slavePer: 'context' | 'query',
  ) {}

  route(query: RoutedQuery, context: Context): Decision {
    return this.place(this.decide(query, context), context);
  }

  /** What the rules say, before a slave is chosen; nothing is changed by asking. */
  decide(query: RoutedQuery, context: Context): Choice {
    return decide(query, context, this.rules);
  }

  place({ engine, reason }: Choice, context: Context): Decision {
    if (engine === 'master') return { engine: this.engines.master, reason };
    if (engine !== ANY_SLAVE) return { engine: this.engines.get(engine, 'The query'), reason };
    const slave = this.slaveFor(context);
    return slave ? { engine: slave, reason } : { engine: this.engines.master, reason: 'no-slave' };
  }

  /** A slave as the balancer chooses, for whoever asks outside any context; undefined where none may serve. */
  anySlave(): Engine | undefined {
    const slaves = this.engines.eligibleSlaves();
    return slaves.length > 0 ? this.balancer.choose(slaves) : undefined;
  }

  private slaveFor(context: Context): Engine | undefined {
    if (context.kind === 'none' || this.slavePer === 'query') return this.anySlave();
    const kept = context.work.slave;
    const slave = (kept === undefined ? undefined : this.engines.find(kept)) ?? this.anySlave();
    context.work.slave = slave?.name;
    return slave;
  }
}
