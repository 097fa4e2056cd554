import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { isLate } from '../engines/engine-state.js';
import { SlavesUnavailableError } from '../errors.js';
import type { Health } from '../health/health.js';
import type { Decision } from './decision.js';
import type { MasterBudget } from './master-budget.js';

/** How often a read that waits for a slave looks whether the master's budget has room by now. */
const LOOK_AGAIN_MS = 50;

/** What decisions without a slave are made with. */
export interface NoSlaveParts {
  readonly engines: EngineRegistry;
  readonly budget: MasterBudget;
  /** Undefined where engines can't be asked: other databases. */
  readonly health: Health | undefined;
}

/** Where reads go while no slave may serve: to the master within its budget, and what then. */
export class NoSlave {
  constructor(private readonly parts: NoSlaveParts) {}

  /** Resolves to undefined where a slave may serve again meanwhile. Throws or rejects with `SlavesUnavailableError`. */
  decide(): Decision | Promise<Decision | undefined> {
    const { engines } = this.parts;
    return this.decideFor('no-slave', () => engines.eligibleSlaves().length > 0);
  }

  /** The same for either reason why none serves: `isOver` tells when that has ended, `because` what the error says of it. */
  decideFor(
    reason: 'no-slave' | 'mode',
    isOver: () => boolean,
    because?: string,
  ): Decision | Promise<Decision | undefined> {
    const { engines, budget } = this.parts;
    budget.read();
    const decision: Decision = { engine: engines.master, reason };
    if (!engines.balancing || budget.spend()) return decision; // a master without slaves is sized for reads
    const refused = () => new SlavesUnavailableError(because ?? engines.slaveStates());
    if (budget.options.otherwise === 'wait') return this.wait(reason, isOver, refused);
    const stale = reason === 'no-slave' ? this.stale() : undefined;
    if (!stale) throw refused();
    return { engine: stale, reason: 'stale' };
  }

  /** The slave that serves although it is late, if that is asked for. */
  stale(): Engine | undefined {
    const { engines, budget } = this.parts;
    if (budget.options.otherwise !== 'stale') return undefined;
    return engines.slaves.find(({ state, configuredWeight }) => isLate(state) && configuredWeight > 0);
  }

  private async wait(
    reason: 'no-slave' | 'mode',
    isOver: () => boolean,
    refused: () => Error,
  ): Promise<Decision | undefined> {
    const { engines, budget, health } = this.parts;
    for (let leftMs = budget.options.waitMs; leftMs > 0; leftMs -= LOOK_AGAIN_MS) {
      await health?.slaveReturns(Math.min(leftMs, LOOK_AGAIN_MS));
      if (isOver()) return undefined;
      if (budget.spend()) return { engine: engines.master, reason };
    }
    throw refused();
  }
}
