import type { Knex } from 'knex';
import type { Carrier } from './clients/carrier.js';
import { checkConsistency } from './context/consistency.js';
import type { EngineChoice } from './context/context.js';
import type { RunOptions } from './context/run-options.js';
import { type Ran, currentContext, runOnEngine } from './context/context-storage.js';
import { openJob, runJob } from './context/job-context.js';
import { see } from './context/seen.js';
import type { Diagnosis, DoctorOptions } from './doctor/doctor.js';
import { explainedBy } from './dispatch/explainer.js';
import type { EngineRegistry } from './engines/engine-registry.js';
import { engineStatus } from './health/engine-status.js';
import { refuseDestroy } from './knex/knex-parts.js';
import { type RoutedKnex, forwardEvents } from './knex/routed-knex.js';
import type { Mode } from './options/mode.js';
import type { DatabaseRoutingParts } from './database-routing-parts.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import type { RoutingStatus } from './routing-status.js';
import type { RoutingEvents } from './routing/decision-announcer.js';
import type { Explanation } from './routing/explanation.js';
import type { RoutingReport } from './routing/routing-report.js';

/** One set of engines, put together: what `createDatabaseRouting` gives and what the Nest module injects. */
export class DatabaseRouting {
  /** The set's name, `'default'` unless it was given one. */
  readonly name: string;
  readonly engines: EngineRegistry;
  /** The routed Knex: one for the whole process, it asks for the context when a query runs. */
  readonly knex: RoutedKnex;
  readonly events: RoutingEvents;
  private readonly knexOf = new WeakMap<object, RoutedKnex>();

  constructor(private readonly parts: DatabaseRoutingParts) {
    this.name = parts.options.name;
    this.engines = parts.engines;
    this.events = parts.events;
    this.knex = this.createKnex(undefined, () => this.destroy());
  }

  /**
   * Whether reads go to slaves. Another one holds from the next decision on: what was sent to a slave ends there, and so does a
   * transaction that has begun there. Setting it throws `InvalidOptionsError` for what is no mode.
   */
  get mode(): Mode {
    return this.parts.mode.current;
  }

  set mode(mode: Mode) {
    this.parts.mode.turn(mode);
  }

  /** @internal */
  get options(): ResolvedOptions {
    return this.parts.options;
  }

  /** @internal How clients carry what they have seen from request to request. */
  get carrier(): Carrier | undefined {
    return this.parts.carrier;
  }

  /**
   * Resolves when SQL can be classified: PostgreSQL's grammar is loaded and the master's catalogue was read, or can't be.
   * Until then reads wait for a second at most, and then run on the master. Never rejects.
   */
  ready(): Promise<void> {
    return this.parts.classifier.ready();
  }

  /** Runs a job in its own context: reads are balanced, and stay on the master once it wrote; a request around it is told. */
  run<Result>(work: () => Result): Ran<Result>;
  run<Result>(options: RunOptions, work: () => Result): Ran<Result>;
  run<Result>(...args: [work: () => Result] | [options: RunOptions, work: () => Result]): Ran<Result> {
    const [options, work] = args.length === 1 ? [{}, args[0]] : args;
    const { name, engine: scope, consistency, bookmark } = options;
    if (scope !== undefined) this.engines.assertChoice(scope, 'run()');
    if (consistency !== undefined) checkConsistency(consistency, 'run()');
    const job = openJob(currentContext(this.name), {
      name,
      scope,
      consistency,
      byTime: this.parts.keptByTime,
    });
    if (bookmark !== undefined) this.parts.carrier?.take(job, [bookmark]);
    return runJob(this.name, job, work);
  }

  usingEngine(engine: EngineChoice): Knex;
  usingEngine<Result>(engine: EngineChoice | null, work: () => Result): Ran<Result>;
  usingEngine<Result>(engine: EngineChoice | null, work?: () => Result): Knex | Ran<Result> {
    if (engine === null) return work ? runOnEngine(this.name, null, work) : this.knex;
    this.engines.assertChoice(engine, 'usingEngine()', { mayBeGone: work !== undefined });
    return work ? runOnEngine(this.name, engine, work) : this.knexOn(engine);
  }

  /**
   * How far the current context has seen, for whoever goes on with its work: a message, a job, a client of your own
   * protocol. Take it after the work; it costs a question to the master where the work has read or written there. Undefined
   * where nothing was seen, outside a context, and where positions can't be told. Never rejects.
   */
  async bookmark(): Promise<string | undefined> {
    return this.parts.bookmarks?.issue(currentContext(this.name));
  }

  /**
   * Says that something was written which Knex has not seen (a procedure in another service, say): the client's next
   * request shows it, and so do reads here from now on; by time only the next requests.
   */
  markWrite(): void {
    const context = currentContext(this.name);
    if (context.kind === 'none') return;
    see(context.work.seen);
    if (context.work.wouldBe) see(context.work.wouldBe.seen);
  }

  /**
   * Which reads go to slaves and why others stay, since the mode was set; in shadow mode, which would go. In mode `'on'` counting begins with
   * the first call. Printed as a text it is a page: `console.log(String(routing.report()))`.
   */
  report(): RoutingReport {
    return this.parts.observer.report();
  }

  /** A slave as the balancer would choose now, as a Knex that names it; the master where no slave may serve. */
  slave(): { readonly name: string; readonly knex: Knex } {
    const { decider, mode } = this.parts;
    const { name } = (mode.isOn ? decider.anySlave() : undefined) ?? this.engines.master;
    return { name, knex: this.knexOn(name) };
  }

  explain(query: Knex.QueryBuilder | Knex.Raw): Explanation {
    return explainedBy(query);
  }

  /** Resolves when each engine was asked how it is doing, once, so that `status()` can tell. Never rejects. */
  async asked(): Promise<void> {
    await this.parts.health?.asked();
  }

  /** What is wrong with the set-up, and what to do (docs/doctor.md); takes less than 5 s. PostgreSQL only. Never rejects. */
  async doctor(options: DoctorOptions = {}): Promise<Diagnosis> {
    return (await import('./doctor/doctor.js')).examine(this.parts.patient, options); // few apps ask
  }

  /** As last heard; asks no engine. */
  status(): RoutingStatus {
    const { engines, health, carrier } = this.parts;
    return {
      name: this.name,
      mode: this.mode,
      master: engines.master.name,
      isContested: health?.isContested ?? false,
      engines: engines.all().map((engine) => engineStatus(engine, health?.of(engine))),
      faults: carrier?.faults,
    };
  }

  /**
   * Closes the connections of all engines, also where one of them fails; the failures come together at the end. May be
   * called again, also after `knex.initialize()`.
   */
  destroy(): Promise<void> {
    return this.parts.lifecycle.destroy();
  }

  /** Goes with its engine when that is removed. */
  private knexOn(choice: EngineChoice): RoutedKnex {
    const owner = this.engines.find(choice) ?? this;
    const known = this.knexOf.get(owner);
    if (known) return known;
    const destroy = choice === 'master' ? () => this.engines.master.destroy() : refuseDestroy;
    const knex = this.createKnex(choice, destroy);
    forwardEvents(knex, this.knex);
    this.knexOf.set(owner, knex);
    return knex;
  }

  private createKnex(engine: EngineChoice | undefined, destroy: () => Promise<void>): RoutedKnex {
    const methods = {
      usingEngine: this.usingEngine.bind(this),
      explain: this.explain.bind(this),
      markWrite: this.markWrite.bind(this),
      bookmark: this.bookmark.bind(this),
    };
    return this.parts.createKnex(engine, {
      methods,
      initialize: () => this.parts.lifecycle.initialize(),
      destroy,
    });
  }
}
