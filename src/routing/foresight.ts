import { ANY_SLAVE, type Context, type EngineChoice } from '../context/context.js';
import { narrows, seenOf, slaveOf } from '../context/seen.js';
import { type DatabaseRoutingError, SlavesUnavailableError, UnknownEngineError } from '../errors.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Choice, QueryFacts } from './choose.js';
import type { Decider, DeciderParts } from './decider.js';
import type { Reason } from './decision.js';
import { refusedWithout } from './no-context.js';

/** What would become of a query. */
export interface Foreseen extends Choice {
  /** What the rules said first, of engines that are out of use. */
  readonly skipped: readonly Choice[];
  readonly mayWait: boolean;
  /** Undefined where it would be sent. */
  readonly error: DatabaseRoutingError | undefined;
}

/** Nothing stands in its way. */
export const AT_ONCE = { skipped: [], mayWait: false, error: undefined } as const;

/** What the decider would do, as far as it can be told by what is known now. Chooses, changes and asks nothing. */
export class Foresight {
  constructor(
    private readonly parts: DeciderParts,
    private readonly decider: Pick<Decider, 'choice' | 'keptSlave' | 'mustAskFirst'>,
  ) {}

  of(query: QueryFacts, context: Context): Foreseen {
    const skipped: Choice[] = [];
    const choice = this.decider.choice(query, context, (one) => skipped.push(one));
    const foreseen = this.ofChoice(choice, query, context);
    const error = foreseen.error ?? refusedWithout(choice, context, this.parts.rules);
    return { ...foreseen, error, skipped };
  }

  /** The same for a Knex that names its engine. */
  ofNamed(engine: EngineChoice): Foreseen {
    const { engines } = this.parts;
    if (engine !== ANY_SLAVE && engine !== 'master' && !engines.find(engine) && engines.balancing) {
      const error = new UnknownEngineError(engine, engines.names(), 'The Knex');
      return { ...AT_ONCE, engine, reason: 'query', error };
    }
    const mayWait = this.decider.mustAskFirst({ engine, reason: 'query' });
    if (engine === ANY_SLAVE && engines.eligibleSlaves().length === 0 && !mayWait)
      return { ...AT_ONCE, engine: 'master', reason: 'no-slave' };
    return { ...AT_ONCE, engine: this.named(engine), reason: 'query', mayWait };
  }

  private named(engine: EngineChoice): EngineChoice {
    return engine === ANY_SLAVE ? engine : this.parts.engines.get(engine, 'The query').name;
  }

  private ofChoice({ engine, reason }: Choice, query: QueryFacts, context: Context): Foreseen {
    const { engines, freshness, clientsByPosition } = this.parts;
    const mayWait = this.decider.mustAskFirst({ engine, reason });
    if (engine !== ANY_SLAVE) return { ...AT_ONCE, engine: this.named(engine), reason, mayWait };
    if (engines.eligibleSlaves().length === 0)
      return mayWait ? { ...AT_ONCE, engine, reason, mayWait } : this.withoutSlave();
    const { consistency } = query;
    if (reason !== 'balanced' || !freshness || consistency === 'eventual')
      return { ...AT_ONCE, engine, reason };
    if (typeof consistency !== 'string') return { ...AT_ONCE, engine, reason, mayWait: true };
    return clientsByPosition ? this.forClient(query, context, freshness) : { ...AT_ONCE, engine, reason };
  }

  /** A slave that is known to show what the client has seen; else the master, unless one gets there in time. */
  private forClient({ reads }: QueryFacts, context: Context, freshness: Freshness): Foreseen {
    const { engines, slavePer } = this.parts;
    const seen = seenOf(context.work.seen, reads);
    const kept = this.decider.keptSlave(context);
    const reason: Reason = narrows(seen, kept?.server) ? 'bookmark' : 'balanced';
    const isSeenOn = seen.unsettled === undefined ? undefined : slaveOf(seen.unsettled);
    const stays = kept !== undefined || slavePer === 'context';
    const mayShow = engines
      .eligibleSlaves()
      .filter(
        ({ name, server }) =>
          isSeenOn === undefined || (stays && name === isSeenOn && server === seen.unsettled),
      );
    const shows = mayShow.some(
      (slave) => seen.position === 0n || freshness.replayOf(slave).known >= seen.position,
    );
    if (!shows) return { ...AT_ONCE, engine: 'master', reason: 'bookmark', mayWait: true };
    return { ...AT_ONCE, engine: isSeenOn ?? ANY_SLAVE, reason };
  }

  private withoutSlave(): Foreseen {
    const { engines, budget } = this.parts;
    const onMaster: Foreseen = { ...AT_ONCE, engine: 'master', reason: 'no-slave' };
    if (!engines.balancing || budget.hasRoom()) return onMaster;
    if (budget.options.otherwise === 'wait') return { ...onMaster, mayWait: true };
    const stale = this.parts.noSlave.stale();
    if (stale) return { ...AT_ONCE, engine: stale.name, reason: 'stale' };
    return { ...onMaster, error: new SlavesUnavailableError(engines.slaveStates()) };
  }
}
