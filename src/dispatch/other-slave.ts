import type { Balancer } from '../balancer/balancer.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Position } from '../freshness/position.js';
import type { ModeSwitch } from '../routing/mode-switch.js';
import type { Dispatched } from './dispatched.js';

/** What other slaves are found by. */
export interface OtherSlaveParts {
  readonly engines: EngineRegistry;
  readonly balancer: Balancer;
  /** Undefined where positions can't be told. */
  readonly freshness: Freshness | undefined;
  /** No second slave is asked for a read that was on its way when slaves were turned off. */
  readonly mode: Pick<ModeSwitch, 'isOn'>;
  /** How long a read may wait for a slave to show what it must, in ms. */
  readonly waitMs: number;
}

/** Finds a second slave for a read that waits for its first one. */
export class OtherSlave {
  constructor(private readonly parts: OtherSlaveParts) {}

  /** Whether there is any slave beside. */
  get mayBe(): boolean {
    return this.parts.engines.eligibleSlaves().length > 1;
  }

  /** One that shows what the read must show, now or soon; undefined where none does. Never rejects. */
  async than(dispatched: Dispatched): Promise<Engine | undefined> {
    if (!this.parts.mode.isOn) return undefined;
    const position = await this.positionOf(dispatched).catch(() => undefined); // the master can't be asked
    const others = this.parts.engines.eligibleSlaves().filter((slave) => slave !== dispatched.engine);
    if (position === undefined || others.length === 0) return undefined;
    const { freshness, balancer } = this.parts;
    if (position === 0n || !freshness) return balancer.choose(others);
    const showing = others.filter((slave) => freshness.replayOf(slave).known >= position);
    return showing.length > 0 ? balancer.choose(showing) : this.firstToShow(position, others, freshness);
  }

  /** What a slave must have replayed; 0n: nothing. What was seen on the first slave alone is settled: the master tells by when. */
  private async positionOf({ query: { facts, context }, tracked, bound }: Dispatched): Promise<Position> {
    if (typeof facts.consistency !== 'string') {
      if (!bound) throw new Error('Nothing is known of how old the data is');
      return bound.position;
    }
    if (!tracked) return 0n;
    const { seen } = context.work;
    if (seen.unsettled !== undefined) await this.parts.freshness!.settle(seen);
    return seen.position;
  }

  private firstToShow(
    position: Position,
    others: readonly Engine[],
    freshness: Freshness,
  ): Promise<Engine | undefined> {
    const waits = others.map(async (slave) => {
      if (await freshness.replayOf(slave).reach(position, this.parts.waitMs)) return slave;
      throw new Error(`${slave.name} is behind`);
    });
    return Promise.any(waits).catch(() => undefined);
  }
}
