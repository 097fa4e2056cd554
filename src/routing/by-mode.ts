import type { Context, EngineChoice } from '../context/context.js';
import { SlavesUnavailableError } from '../errors.js';
import type { QueryFacts } from './choose.js';
import type { Decided, Decider, DeciderParts } from './decider.js';
import type { Decision, Reason } from './decision.js';
import type { Foreseen } from './foresight.js';
import type { ModeSwitch } from './mode-switch.js';

/** What it is put together from. */
export interface ByModeParts extends Pick<DeciderParts, 'engines' | 'budget' | 'noSlave'> {
  readonly mode: ModeSwitch;
  readonly decider: Pick<Decider, 'choice' | 'decide' | 'arriving'>;
}

const BUDGET_SPENT = "routing.mode is 'master'";

/** Where queries go while the mode keeps slaves from serving: the master runs what the rules would send to one. */
export class ByMode {
  readonly mode: ModeSwitch;

  constructor(private readonly parts: ByModeParts) {
    this.mode = parts.mode;
  }

  /** The decider's word, save that no slave is chosen, nor waited for, while the mode is not `'on'`. */
  decide(query: QueryFacts, context: Context): Decided {
    const { decider, mode } = this.parts;
    if (mode.isOn) return decider.decide(query, context);
    const choice = decider.choice(query, context);
    if (this.isSlaves(choice.engine)) return this.instead(query, context);
    if (mode.current === 'master') return decider.decide(query, context);
    return this.onMaster(choice.reason, query, context);
  }

  /** A decision that was made, or waited for, while the mode may have been another. */
  checked(decided: Decided, query: QueryFacts, context: Context): Decided {
    if (decided instanceof Promise)
      return decided.then(
        (decision) => this.checked(decision, query, context) as Decision | Promise<Decision>,
      );
    return this.mode.isOn || decided.engine.role === 'master' ? decided : this.instead(query, context);
  }

  /**
   * The master, for a read that a slave would have served: within `masterBudget`, as where no slave is left. In shadow mode slaves may
   * never have served anything, so there the budget says nothing. Throws or rejects with `SlavesUnavailableError`.
   */
  instead(query: QueryFacts, context: Context): Decided {
    const { noSlave, decider, mode } = this.parts;
    if (mode.current === 'shadow') return this.onMaster('mode', query, context);
    const onMaster = (decision: Decision) => decider.arriving(decision, query, context);
    const decided = noSlave.decideFor('mode', () => mode.current !== 'master', BUDGET_SPENT);
    if (!(decided instanceof Promise)) return onMaster(decided);
    return decided.then((decision) => (decision ? onMaster(decision) : this.decide(query, context)));
  }

  /** The master, once it shows what the context has seen on a slave. */
  onMaster(reason: Reason, query: QueryFacts, context: Context): Decided {
    return this.parts.decider.arriving({ engine: this.parts.engines.master, reason }, query, context);
  }

  /** The same of what would become of a query that nothing else refuses. */
  foresee<Told extends Foreseen>(foreseen: Told): Told {
    const { mode, budget } = this.parts;
    if (mode.isOn || foreseen.error || !this.isSlaves(foreseen.engine)) return foreseen;
    const isSpent = mode.current === 'master' && this.parts.engines.balancing && !budget.hasRoom();
    const mayWait = isSpent && budget.options.otherwise === 'wait';
    const error = isSpent && !mayWait ? new SlavesUnavailableError(BUDGET_SPENT) : undefined;
    return { ...foreseen, engine: 'master', reason: 'mode', mayWait, error };
  }

  /** Also where shadow mode has none yet. `'master'` is whichever engine is the master now. */
  private isSlaves(engine: EngineChoice): boolean {
    return engine !== 'master' && this.parts.engines.find(engine)?.role !== 'master';
  }
}
