import type { Knex } from 'knex';
import type { Bookmarks } from './clients/bookmarks.js';
import type { CarriedFaults } from './clients/carried-faults.js';
import type { Sessions } from './clients/create-sessions.js';
import type { Pins } from './clients/pins.js';
import type { Freshness } from './freshness/freshness.js';
import { type Consistency, checkConsistency } from './context/consistency.js';
import { type EngineChoice, nestContext, openContext } from './context/context.js';
import { type Ran, currentContext, runInContext, runOnEngine } from './context/context-storage.js';
import { see } from './context/seen.js';
import type { SlaveDiscovery } from './discovery/slave-discovery.js';
import type { EngineRegistry } from './engines/engine-registry.js';
import { type EngineStatus, engineStatus } from './health/engine-status.js';
import type { Health } from './health/health.js';
import type { QueryClassifier } from './intent/query-classifier.js';
import type { ResolvedBookmarkOptions } from './options/resolve-bookmark-options.js';
import type { ResolvedPinOptions } from './options/resolve-pin-options.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { DecisionAnnouncer, type RoutingEvents } from './routing/decision-announcer.js';
import type { Explanation } from './routing/explanation.js';
import { MasterBudget } from './routing/master-budget.js';
import { Decider } from './routing/decider.js';
import { Explainer } from './dispatch/explainer.js';
import { HeldConnections } from './knex/held-connections.js';
import { explainedBy } from './dispatch/explained-by.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { Retries } from './dispatch/retries.js';
import { type RoutedKnex, createRoutedKnex, forwardEvents } from './knex/routed-knex.js';

/** What `run` takes for a job. */
export interface RunOptions {
  /** The engine of the job's reads, `'slave'` for any slave. Default: as the rules say. */
  engine?: EngineChoice;
  /** How fresh its reads are. Default: as the options say. */
  consistency?: Consistency;
  /** What the job's client has seen before, as `bookmark()` gave it: reads show at least that. */
  bookmark?: string;
}

/** What a set is put together from. */
export interface RoutingParts {
  readonly classifier: QueryClassifier;
  /** Undefined where positions can't be told. */
  readonly reads: Freshness | undefined;
  /** Undefined where engines can't be asked. */
  readonly health: Health | undefined;
  readonly sessions: Sessions;
  /** Undefined where slaves are listed. */
  readonly discovery: SlaveDiscovery | undefined;
  readonly events: RoutingEvents;
  /** A clock that never goes back. */
  readonly nowMs: () => number;
}

/** How a set of engines is doing. */
export interface RoutingStatus {
  readonly name: string;
  /** The engine that takes the writes. */
  readonly master: string;
  /** Two servers claim to be the master, on the same timeline: writes are refused. */
  readonly isContested: boolean;
  readonly engines: readonly EngineStatus[];
  /** What was wrong with bookmarks or pins that clients brought; undefined without slaves, where none are carried. */
  readonly faults: CarriedFaults | undefined;
}

/** One set of engines, put together: what `createDatabaseRouting` gives and what the Nest module injects. */
export class DatabaseRouting {
  /** The routed Knex: one for the whole process, it asks for the context when a query runs. */
  readonly knex: RoutedKnex;
  readonly events: RoutingEvents;
  private readonly router: Decider;
  private readonly dispatcher: Dispatcher;
  private readonly explainer: Explainer;
  private readonly held = new HeldConnections();
  private readonly retries: Retries;
  private readonly knexByEngine = new Map<EngineChoice, RoutedKnex>();
  private destroying: Promise<void> | undefined;

  constructor(
    private readonly options: ResolvedOptions,
    readonly engines: EngineRegistry,
    private readonly parts: RoutingParts,
  ) {
    const { classifier, reads, sessions, health, events, nowMs } = parts;
    const { bookmarks } = sessions;
    const { balancer, rules, slavePer, retryWrites, failover } = options;
    this.events = events;
    const budget = new MasterBudget(options.masterBudget, nowMs);
    const byPosition = bookmarks !== undefined;
    this.router = new Decider(engines, balancer, rules, slavePer, reads, byPosition, budget, health);
    this.retries = new Retries(health, retryWrites, failover.waitMs, events, nowMs);
    const announcer = new DecisionAnnouncer(engines, options.logger, this.events);
    this.dispatcher = new Dispatcher(
      options.name,
      this.router,
      announcer,
      classifier,
      bookmarks && reads,
      options.logger,
      () => health?.isContested === true,
    );
    this.explainer = new Explainer(options.name, this.router, classifier);
    this.knex = this.createKnex(undefined, () => this.destroy());
  }

  /** The set's name, `'default'` unless it was given one. */
  get name(): string {
    return this.options.name;
  }

  get exposeDecisions(): boolean {
    return this.options.exposeDecisions;
  }

  /** Between contexts and what clients carry; undefined where sessions are kept by time, or there are no slaves. */
  get bookmarks(): Bookmarks | undefined {
    return this.parts.sessions.bookmarks;
  }

  /** The same where sessions are kept by time. */
  get pins(): Pins | undefined {
    return this.parts.sessions.pins;
  }

  /** What counts as a write, and how pins by time are carried. */
  get pinOptions(): ResolvedPinOptions {
    return this.options.pin;
  }

  /** How clients carry bookmarks. */
  get bookmarkOptions(): ResolvedBookmarkOptions {
    return this.options.bookmark;
  }

  /**
   * Resolves when SQL can be classified: PostgreSQL's grammar is loaded and the master's catalogue was read, or can't be.
   * Nobody needs to wait for it: until then raw SQL and functions run on the master. Never rejects.
   */
  ready(): Promise<void> {
    return this.parts.classifier.ready();
  }

  /** Runs a job in a context of its own: reads are balanced, and stay on the master once it wrote. */
  run<Result>(work: () => Result): Ran<Result>;
  run<Result>(options: RunOptions, work: () => Result): Ran<Result>;
  run<Result>(...args: [work: () => Result] | [options: RunOptions, work: () => Result]): Ran<Result> {
    const [options, work] = args.length === 1 ? [{}, args[0]] : args;
    const { engine, consistency, bookmark } = options;
    if (engine !== undefined) this.engines.assertChoice(engine, 'run()');
    if (consistency !== undefined) checkConsistency(consistency, 'run()');
    const job = nestContext(openContext('job', { balanced: true }), { scope: engine, consistency });
    if (bookmark !== undefined) this.bookmarks?.restore(job, [bookmark]);
    return runInContext(this.name, job, work);
  }

  usingEngine(engine: EngineChoice): Knex;
  usingEngine<Result>(engine: EngineChoice | null, work: () => Result): Ran<Result>;
  usingEngine<Result>(engine: EngineChoice | null, work?: () => Result): Knex | Ran<Result> {
    if (engine !== null) this.engines.assertChoice(engine, 'usingEngine()');
    if (work) return runOnEngine(this.name, engine, work);
    return engine === null ? this.knex : this.knexOn(engine);
  }

  /**
   * How far the current context has seen, for whoever goes on with its work: a message, a job, a client of your own
   * protocol. Take it after the work; it costs a question to the master where the work has read or written there. Undefined
   * where nothing was seen, outside a context, and where positions can't be told. Never rejects.
   */
  async bookmark(): Promise<string | undefined> {
    return this.bookmarks?.issue(currentContext(this.name));
  }

  /**
   * Says that something was written which Knex has not seen (a procedure in another service, say): the client's next
   * request shows it, and so do reads here from now on; by time only the next requests.
   */
  markWrite(): void {
    const context = currentContext(this.name);
    if (context.kind !== 'none') see(context.work.seen);
  }

  /** A slave as the balancer would choose now, as a Knex that names it; the master where no slave may serve. */
  slave(): { readonly name: string; readonly knex: Knex } {
    const { name } = this.router.anySlave() ?? this.engines.master;
    return { name, knex: this.knexOn(name) };
  }

  explain(query: Knex.QueryBuilder | Knex.Raw): Explanation {
    return explainedBy(query);
  }

  /** Resolves when each engine was asked how it is doing, once, so that `status()` can tell. Never rejects. */
  async asked(): Promise<void> {
    await this.parts.health?.asked();
  }

  /** As last heard; asks nobody. */
  status(): RoutingStatus {
    const { engines, name } = this;
    const { health } = this.parts;
    return {
      name,
      master: engines.master.name,
      isContested: health?.isContested ?? false,
      engines: engines.all().map((engine) => engineStatus(engine, health?.of(engine))),
      faults: (this.bookmarks ?? this.pins)?.faults,
    };
  }

  /**
   * Closes the connections of all engines, also where one of them fails; the failures come together at the end. May be
   * called again, also after `knex.initialize()`.
   */
  destroy(): Promise<void> {
    return (this.destroying ??= this.destroyEngines().finally(() => (this.destroying = undefined)));
  }

  private initialize(): void {
    for (const engine of this.engines.all()) engine.initialize();
    this.parts.classifier.start();
    this.parts.health?.start();
    this.parts.discovery?.start();
  }

  /** What is frozen is found out while pools wait for it; so health ends after them. */
  private async destroyEngines(): Promise<void> {
    this.parts.discovery?.stop();
    this.parts.classifier.stop();
    const all = this.engines.all();
    const closed = await Promise.allSettled(all.map((engine) => engine.destroy()));
    this.parts.health?.stop();
    const results = [...closed, ...(await Promise.allSettled(all.map((engine) => engine.destroyProbes())))];
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (failures.length > 0)
      throw new AggregateError(failures, 'Some engines failed to close their connections');
  }

  private knexOn(engine: EngineChoice): RoutedKnex {
    let knex = this.knexByEngine.get(engine);
    if (!knex) {
      knex = this.createKnex(engine, () => this.destroyOne(engine));
      forwardEvents(knex, this.knex);
      this.knexByEngine.set(engine, knex);
    }
    return knex;
  }

  /** What a Knex that names an engine stands for; any slave is none of its own. */
  private async destroyOne(choice: EngineChoice): Promise<void> {
    const engine = choice === 'master' ? this.engines.master : this.engines.find(choice);
    await engine?.knex.destroy();
  }

  private createKnex(engine: EngineChoice | undefined, destroy: () => Promise<void>): RoutedKnex {
    const { engines, dispatcher, held, retries, explainer } = this;
    const initialize = this.initialize.bind(this);
    const methods = {
      usingEngine: this.usingEngine.bind(this),
      explain: this.explain.bind(this),
      markWrite: this.markWrite.bind(this),
      bookmark: this.bookmark.bind(this),
    };
    return createRoutedKnex(
      this.options.shared,
      { engines, dispatcher, held, retries, explainer, initialize, destroy },
      methods,
      engine,
    );
  }
}
