import type { EventEmitter } from 'node:events';
import type { Context } from '../context/context.js';
import type { EngineState } from '../engines/engine-state.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Mode } from '../options/mode.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { Decision, Reason } from './decision.js';
import type { RoutingReport } from './routing-report.js';

/** TurboGears' words: an engine is forced by somebody, or chosen by the rules. The reason follows. */
const LOG_TEXT = {
  transaction: 'Choose engine',
  write: 'Choose engine',
  query: 'Forced engine',
  scope: 'Forced engine',
  'master-param': 'Forced engine',
  handler: 'Forced engine',
  rule: 'Forced engine',
  consistency: 'Choose engine',
  wrote: 'Choose engine',
  pin: 'Choose engine',
  'no-context': 'Choose engine',
  bookmark: 'Choose engine',
  balanced: 'Choose engine',
  mode: 'Forced engine',
  'no-slave': 'Choose engine',
  stale: 'Choose engine',
} satisfies Record<Reason, string>;

/** A read that goes to a second slave. */
export interface Hedge {
  /** The slave that it waits for. */
  readonly engine: string;
  /** The slave that it goes to as well. */
  readonly other: string;
  /** Whether `engine` was sent it, so that this is one more read; else it still waited for a connection there. */
  readonly wasSent: boolean;
}

/** What a `RoutingEvents` listener gets. */
export interface RoutingEventMap {
  /** A query, or a transaction as a whole, is about to run on an engine. */
  decision: [decision: { readonly engine: string; readonly reason: Reason }];
  /** An engine is doing better or worse than before. */
  engine: [change: { readonly engine: string; readonly from: EngineState; readonly to: EngineState }];
  /** A slave was promoted, and takes the writes from now on. */
  master: [change: { readonly from: string; readonly to: string }];
  /**
   * What `routing.report()` gives: once a minute while queries run and it is kept, when shadow mode ends, and when the set ends.
   */
  report: [report: RoutingReport];
  /** `routing.mode` was set to another value. */
  mode: [change: { readonly from: Mode; readonly to: Mode }];
  /** A query failed for its engine's sake and is run again. */
  retry: [retry: { readonly engine: string; readonly error: Error }];
  /** A read waits longer than usual for a slave, and goes to another one too. */
  hedge: [hedge: Hedge];
}

export type RoutingEvents = EventEmitter<RoutingEventMap>;

/** Tells everyone who wants to know of a decision: the debug log, the context, the event's listeners. */
export class DecisionAnnouncer {
  constructor(
    private readonly engines: EngineRegistry,
    private readonly logger: RoutingLogger,
    private readonly events: RoutingEvents,
  ) {}

  announce({ engine, reason }: Decision, context: Context): void {
    const { logger } = this;
    if (logger.isDebugEnabled?.() !== false) logger.debug(this.text(engine.name, reason));
    context.work.decisions?.add(`${engine.name};reason=${reason}`);
    if (this.events.listenerCount('decision') > 0)
      this.events.emit('decision', { engine: engine.name, reason });
  }

  /** No decision of its own, as the query is the same: so a count of decisions is one of queries. */
  hedged(hedge: Hedge, context: Context): void {
    const { logger, events } = this;
    if (logger.isDebugEnabled?.() !== false)
      logger.debug(`Ask ${hedge.other} too: ${hedge.engine} takes longer than usual (hedge)`);
    context.work.decisions?.add(`${hedge.other};reason=hedge`);
    if (events.listenerCount('hedge') > 0) events.emit('hedge', hedge);
  }

  private text(engine: string, reason: Reason): string {
    const text = this.engines.balancing
      ? `${LOG_TEXT[reason]}: ${engine}`
      : 'Balancing disabled, using master';
    return `${text} (${reason})`;
  }
}
