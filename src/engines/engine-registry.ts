import { UnknownEngineError } from '../errors.js';
import type { Engine } from './engine.js';

/** The engines of one set, by name. */
export class EngineRegistry {
  private readonly byName: ReadonlyMap<string, Engine>;

  constructor(
    readonly master: Engine,
    readonly slaves: readonly Engine[],
  ) {
    this.byName = new Map([master, ...slaves].map((engine) => [engine.name, engine]));
  }

  /** Without slaves everything runs on the one engine, whatever name is asked for. */
  get balancing(): boolean {
    return this.slaves.length > 0;
  }

  /** The slaves that a read may be sent to now; the same array until the answer changes. */
  eligibleSlaves(): readonly Engine[] {
    return this.slaves;
  }

  all(): readonly Engine[] {
    return [this.master, ...this.slaves];
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  find(name: string): Engine | undefined {
    return this.byName.get(name);
  }

  /** The engine of a name. Throws `UnknownEngineError`, which lists the names there are; `where` opens its message. */
  get(name: string, where: string): Engine {
    const engine = this.byName.get(name);
    if (engine) return engine;
    if (!this.balancing) return this.master;
    throw new UnknownEngineError(name, this.names(), where);
  }

  /** Throws `UnknownEngineError` unless the name is an engine's or `'slave'`. */
  assertChoice(choice: string, where: string): void {
    if (choice !== ANY_SLAVE) this.get(choice, where);
  }
}

/** Stands for any slave wherever an engine is named; the balancer chooses. */
export const ANY_SLAVE = 'slave';
