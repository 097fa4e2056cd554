import type { EventEmitter } from 'node:events';
import type { Context } from '../context/context.js';
import type { EngineState } from '../engines/engine-state.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { Decision, Reason } from './decision.js';

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
  'no-slave': 'Choose engine',
  stale: 'Choose engine',
} satisfies Record<Reason, string>;

/** What a `RoutingEvents` listener gets. */
export interface RoutingEventMap {
  /** A query, or a transaction as a whole, is about to run on an engine. */
  decision: [decision: { readonly engine: string; readonly reason: Reason }];
  /** An engine is doing better or worse than before. */
  engine: [change: { readonly engine: string; readonly from: EngineState; readonly to: EngineState }];
  /** A slave was promoted, and takes the writes from now on. */
  master: [change: { readonly from: string; readonly to: string }];
  /** A query failed for its engine's sake and is run again. */
  retry: [retry: { readonly engine: string; readonly error: Error }];
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

  private text(engine: string, reason: Reason): string {
    const text = this.engines.balancing
      ? `${LOG_TEXT[reason]}: ${engine}`
      : 'Balancing disabled, using master';
    return `${text} (${reason})`;
  }
}
