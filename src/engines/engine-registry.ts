import { pause } from '../clock.js';
import { ANY_SLAVE } from '../context/context.js';
import { InvalidOptionsError, UnknownEngineError } from '../errors.js';
import type { SlaveOptions } from '../options/engine-options.js';
import { checkSlave } from '../options/option-table.js';
import type { Engine } from './engine.js';
import { type EngineState, isLate, serves } from './engine-state.js';
import type { EngineWatcher } from './engine-watcher.js';
import { GoneNames } from './gone-names.js';
import type { RegistryOptions } from './registry-options.js';

const DRAIN_MS = 30_000;
const LOOK_AGAIN_MS = 20;

/** The engines of one set. Which of them is the master, and how they are doing, is written by health alone. */
export class EngineRegistry {
  private readonly byName: Map<string, Engine>;
  private currentMaster: Engine;
  private currentSlaves: readonly Engine[];
  private eligible: readonly Engine[] | undefined;
  private awaited: boolean | undefined;
  private watcher: EngineWatcher | undefined;
  private readonly gone = new GoneNames();

  constructor(
    master: Engine,
    slaves: readonly Engine[],
    private readonly options: RegistryOptions,
  ) {
    this.byName = new Map([master, ...slaves].map((engine) => [engine.name, engine]));
    this.currentMaster = master;
    this.currentSlaves = slaves;
  }

  get balancing(): boolean {
    return this.options.balancing;
  }

  /** Where writes go: the engine named `'master'`, until a slave was promoted. */
  get master(): Engine {
    return this.currentMaster;
  }

  /** All others, whatever they are doing. */
  get slaves(): readonly Engine[] {
    return this.currentSlaves;
  }

  /** The slaves that a read may be sent to now; the same array until the answer changes. */
  eligibleSlaves(): readonly Engine[] {
    return (this.eligible ??= Object.freeze(this.slaves.filter((slave) => this.mayBalance(slave))));
  }

  /** The same where nothing names it: not a slave of weight 0. */
  mayBalance(slave: Engine): boolean {
    return slave.configuredWeight > 0 && this.mayServe(slave);
  }

  /** Whether it is a slave that a read may be sent to now. */
  mayServe({ role, state }: Engine): boolean {
    return role === 'slave' && (serves(state) || (state.kind === 'unknown' && !this.options.watched));
  }

  /** Whether a slave may serve as soon as it was asked. */
  get awaitsSlave(): boolean {
    return (this.awaited ??=
      this.options.watched && this.slaves.some(({ state }) => state.kind === 'unknown'));
  }

  /** How the slaves are doing, in words. */
  slaveStates(): string {
    return this.slaves.map(({ name, state }) => `${name} is ${state.kind}`).join(', ');
  }

  all(): readonly Engine[] {
    return [this.master, ...this.slaves];
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** The engine of just that name, also after it has changed its role. */
  find(name: string): Engine | undefined {
    return this.byName.get(name);
  }

  /**
   * What is meant by the name: by `'master'` whichever engine is the master now. Throws `UnknownEngineError`, which lists the
   * names there are; `where` opens its message.
   */
  get(name: string, where: string): Engine {
    const engine = name === 'master' ? this.master : this.find(name);
    if (engine) return engine;
    if (!this.balancing) return this.master;
    throw new UnknownEngineError(name, this.names(), where);
  }

  /** Throws `UnknownEngineError` unless the name is an engine's or `'slave'`, or was an engine's that has left. */
  assertChoice(choice: string, where: string, { mayBeGone = true } = {}): void {
    if (choice !== ANY_SLAVE && !(mayBeGone && this.gone.has(choice))) this.get(choice, where);
  }

  /**
   * Whether a rule that names it is skipped: a slave that is out of use, has left, or was not found yet. One that lags is
   * read from by those who name it. Throws `UnknownEngineError` for a name that is none.
   */
  isOut(choice: string, where: string): boolean {
    if (choice === ANY_SLAVE) return false;
    const isMissing = this.options.sought || this.gone.has(choice);
    if (isMissing && choice !== 'master' && !this.find(choice)) return true;
    const engine = this.get(choice, where);
    return engine.role === 'slave' && !this.mayServe(engine) && !isLate(engine.state);
  }

  /** @internal Health's word on an engine. */
  setState(engine: Engine, state: EngineState): void {
    const from = engine.state;
    engine.state = state;
    this.forget();
    if (state.kind !== from.kind) this.watcher?.changed(engine, from);
  }

  /** @internal A slave was promoted: it takes the master's place, and the old master is a slave at most. */
  promote(engine: Engine): void {
    const old = this.currentMaster;
    old.takeRole('slave');
    engine.takeRole('master');
    this.currentMaster = engine;
    this.setSlaves([...this.slaves.filter((slave) => slave !== engine), old]);
  }

  /** @internal There is one: health. */
  watch(watcher: EngineWatcher): void {
    this.watcher = watcher;
  }

  /**
   * Adds a slave while the app runs; it serves reads as soon as it is chosen. Throws `InvalidOptionsError` for options that
   * can't work, a name that is taken, and a set that was configured without `slaves`.
   */
  add(name: string, options: SlaveOptions): void {
    if (!this.balancing) {
      throw new InvalidOptionsError(
        `engines.add('${name}'): the set was configured without slaves. Configure the first one under \`slaves\`.`,
      );
    }
    if (this.find(name)) throw new InvalidOptionsError(`engines.add('${name}'): there is one of that name.`);
    const engine = this.options.createSlave(name, options);
    this.gone.joined(name);
    this.byName.set(name, engine);
    this.setSlaves([...this.slaves, engine]);
    this.watcher?.joined(engine);
  }

  /**
   * Removes a slave while the app runs: nothing new begins there, what runs may end within `drainMs` (default 30 s), and
   * fails after that. Resolves when its connections are closed. Rejects with `UnknownEngineError`, and for the master with
   * `InvalidOptionsError`.
   */
  async remove(name: string, { drainMs = DRAIN_MS }: { drainMs?: number } = {}): Promise<void> {
    const engine = this.find(name);
    if (!engine) throw new UnknownEngineError(name, this.names(), 'engines.remove()');
    if (engine === this.master)
      throw new InvalidOptionsError(`engines.remove('${name}'): it is the master. Promote a slave first.`);
    if (engine.state.kind === 'draining')
      throw new InvalidOptionsError(`engines.remove('${name}'): it is being removed already.`);
    this.setState(engine, { kind: 'draining', since: new Date(this.options.clock.wallMs()) });
    this.watcher?.left(engine);
    for (let leftMs = drainMs; leftMs > 0 && engine.inFlight > 0; leftMs -= LOOK_AGAIN_MS)
      await pause(this.options.clock, LOOK_AGAIN_MS);
    this.byName.delete(name);
    this.gone.left(name);
    this.setSlaves(this.slaves.filter((slave) => slave !== engine));
    engine.cut();
    await Promise.all([engine.destroy(), engine.destroyProbes()]);
  }

  /** @internal Another share of the reads from now on. Throws `InvalidOptionsError` for a weight that is none. */
  reweigh(name: string, weight: number): void {
    const engine = this.find(name);
    if (!engine || engine.configuredWeight === weight) return;
    checkSlave(`slaves.${name}`, { weight });
    engine.configuredWeight = weight;
    this.forget();
  }

  private setSlaves(slaves: readonly Engine[]): void {
    this.currentSlaves = Object.freeze(slaves);
    this.forget();
  }

  /** What follows from the slaves and their states is found out anew. */
  private forget(): void {
    this.eligible = this.awaited = undefined;
  }
}
