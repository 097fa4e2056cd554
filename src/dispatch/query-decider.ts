import type { EngineChoice } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import { TwoMastersError } from '../errors.js';
import type { Classification } from '../intent/intent.js';
import type { ByMode } from '../routing/by-mode.js';
import type { Decided, Decider } from '../routing/decider.js';
import { assertMayRun } from './assert-may-run.js';
import type { Observer } from './observer.js';
import type { DispatchedQuery } from './dispatched.js';
import type { LaggingCatalogues } from './lagging-catalogues.js';

/** What it is put together from. */
export interface QueryDeciderParts {
  /** The set's name. */
  readonly set: string;
  readonly decider: Decider;
  readonly byMode: ByMode;
  readonly lagging: Pick<LaggingCatalogues, 'steer'>;
  /** Undefined where nobody asks for a report. */
  readonly observer?: Observer;
  /** Whether nobody can tell which server is the master. */
  readonly isContested: () => boolean;
}

/** Where a query goes, by the rules, by the engine that its Knex names, and by the mode. */
export class QueryDecider {
  constructor(private readonly parts: QueryDeciderParts) {}

  decide(query: DispatchedQuery): Decided {
    const { facts, classification, context, knexEngine } = query;
    const { decider, lagging, byMode } = this.parts;
    this.assertOneMaster(classification);
    if (query.observed && byMode.mode.current === 'shadow') return this.inShadow(query);
    if (knexEngine === undefined) return lagging.steer(facts, context, byMode.decide(facts, context));
    const choice = { engine: knexEngine, reason: 'query' } as const;
    const { engine } = decider.decision(choice, context);
    assertMayRun(engine, classification);
    if (engine.role === 'slave' && !byMode.mode.isOn) return byMode.instead(facts, context);
    return decider.decideNamed(choice, facts, context);
  }

  /** On the master, whatever the rules would do. */
  private inShadow(query: DispatchedQuery): Decided {
    const { byMode, observer, decider } = this.parts;
    if (query.knexEngine !== undefined) {
      const { engine } = decider.decision({ engine: query.knexEngine, reason: 'query' }, query.context);
      assertMayRun(engine, query.classification);
    }
    return byMode.onMaster(observer?.wouldGo(query) ?? 'mode', query.facts, query.context);
  }

  /** The mode may be another by the time that a wait is over. */
  checked({ facts, context }: DispatchedQuery, decided: Decided): Decided {
    return this.parts.byMode.checked(decided, facts, context);
  }

  /** Whose connection somebody gets who asks for one by hand. */
  connection(knexEngine: EngineChoice = 'master'): Engine {
    const { decider, set, byMode } = this.parts;
    const engine = byMode.mode.isOn ? knexEngine : 'master';
    return decider.decision({ engine, reason: 'query' }, currentContext(set)).engine;
  }

  /** While two servers claim to be the master, what may write goes to none of them. */
  assertOneMaster({ intent }: Classification): void {
    if (intent !== 'read' && this.parts.isContested()) throw new TwoMastersError();
  }
}
