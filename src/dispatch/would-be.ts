import type { Consistency } from '../context/consistency.js';
import { type Context, countWriting, markWrote, markWroteKnown } from '../context/context.js';
import { see, seenOf, settleAt, writeTables } from '../context/seen.js';
import { wouldBe } from '../context/would-be.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { UnknownEngineError } from '../errors.js';
import type { Freshness } from '../freshness/freshness.js';
import type { WriteFinder } from '../intent/write-finder.js';
import { type Choice, type QueryFacts, type RoutingRules, choose } from '../routing/choose.js';
import type { Decided, Decider } from '../routing/decider.js';
import type { Decision, Reason } from '../routing/decision.js';
import type { DispatchedQuery } from './dispatched.js';
import type { Observed } from './observed.js';
import type { ReadThenWrite } from './read-then-write.js';

/** What it is put together from. */
export interface WouldBeParts {
  readonly engines: EngineRegistry;
  readonly decider: Pick<Decider, 'choice' | 'decide' | 'decideNamed'>;
  readonly writes: Pick<WriteFinder, 'read' | 'written'>;
  /** Undefined where positions can't be told, or no slave is configured. */
  readonly freshness: Pick<Freshness, 'isTold'> | undefined;
  /** The rules where slaves are configured, or would be. */
  readonly rules: RoutingRules;
  readonly readThenWrite: ReadThenWrite | undefined;
}

/** Stands for the slave that is not there yet. It is never late. */
const PRETENDED = 'slave@pretended';

/**
 * Shadow mode: where queries would go, and what they would leave behind for the next ones. It asks slaves what the rules ask of
 * them, and never lets a query wait or fail for that.
 */
export class WouldBe {
  constructor(private readonly parts: WouldBeParts) {}

  /** Why the query runs on the master: the rules' own reason, or that the mode says so. */
  decide(query: DispatchedQuery, observed: Observed): Reason {
    const context = (observed.wouldBe = wouldBe(query.context));
    try {
      const facts = this.factsIn(context, query.facts);
      const choice = this.choiceOf(query, facts, context);
      if (!this.isSlaves(choice)) {
        observed.reason = choice.reason;
        return choice.reason;
      }
      if (this.parts.engines.balancing) this.asked(observed, this.decided(query, choice, facts, context));
      else this.pretended(observed, choice, facts, context);
    } catch (error) {
      failed(observed, error);
    }
    return 'mode';
  }

  /** It is about to be sent outside a transaction: from then on a write may be there. */
  sent({ facts, classification }: DispatchedQuery, observed: Observed): void {
    const { wouldBe: context, moved, reason } = observed;
    if (!context || context.kind === 'none' || moved || classification.intent === 'read') return;
    const { byPosition } = this.parts.rules;
    const isTold = byPosition && (this.parts.freshness?.isTold ?? true);
    const mayTell = isTold && reason !== 'transaction' && facts.builder;
    const touches = mayTell ? this.parts.writes.written(facts.builder) : undefined;
    observed.touches = touches;
    if (touches) {
      markWroteKnown(context);
      return writeTables(context.work.seen, touches);
    }
    markWrote(context);
    if (byPosition) see(context.work.seen);
  }

  /** It begins: a write counts until it has ended. */
  begins({ classification }: DispatchedQuery, observed: Observed): void {
    const { wouldBe: context, moved, isWriting } = observed;
    if (!context || moved || isWriting || classification.intent === 'read') return;
    countWriting(context, 1);
    observed.isWriting = true;
  }

  /** Right before it is sent: the connection is there, and V8 knows who waits. */
  sends({ facts, context: { kind } }: DispatchedQuery, { wouldBe: context, moved }: Observed): void {
    if (context && kind !== 'none')
      this.parts.readThenWrite?.sends({ query: { context, facts }, role: moved ? 'slave' : 'master' });
  }

  /** What it has shown counts as seen where it would have been seen. */
  ended(query: DispatchedQuery, observed: Observed, hasFailed: boolean): void {
    const { wouldBe: context, touches } = observed;
    if (!context || context.kind === 'none') return;
    if (observed.isWriting) countWriting(context, -1);
    observed.isWriting = false;
    if (!this.tracks(query)) return;
    const { seen } = context.work;
    if (!touches) return this.shows(observed);
    if (hasFailed) see(seen);
    else writeTables(seen, touches);
  }

  /** A transaction, or a query, is seen where it would have run. */
  shows({ wouldBe: context, moved, server }: Observed): void {
    if (context && context.kind !== 'none' && this.parts.rules.byPosition)
      see(context.work.seen, moved ? server : undefined);
  }

  private factsIn({ work: { seen } }: Context, facts: QueryFacts): QueryFacts {
    const mustKnow = facts.intent === 'read' && facts.reads === undefined && seen.others !== undefined;
    return mustKnow ? { ...facts, reads: this.parts.writes.read(facts.builder) } : facts;
  }

  private choiceOf({ knexEngine }: DispatchedQuery, facts: QueryFacts, context: Context): Choice {
    if (knexEngine !== undefined) return { engine: knexEngine, reason: 'query' };
    const { engines, decider, rules } = this.parts;
    return engines.balancing ? decider.choice(facts, context) : choose(facts, context, rules);
  }

  private isSlaves({ engine }: Choice): boolean {
    return engine !== 'master' && this.parts.engines.find(engine)?.role !== 'master';
  }

  private decided(
    { knexEngine }: DispatchedQuery,
    choice: Choice,
    facts: QueryFacts,
    context: Context,
  ): Decided {
    const { decider } = this.parts;
    return knexEngine === undefined
      ? decider.decide(facts, context)
      : decider.decideNamed(choice, facts, context);
  }

  private asked(observed: Observed, decided: Decided): void {
    if (!(decided instanceof Promise)) return goes(observed, decided);
    observed.waited = true;
    observed.pending = decided.then(
      (decision) => goes(observed, decision),
      (error: unknown) => failed(observed, error),
    );
  }

  /** The slave shows what was seen before, as it would a moment later. */
  private pretended(
    observed: Observed,
    { reason }: Choice,
    facts: QueryFacts,
    { kind, work }: Context,
  ): void {
    const { seen } = work;
    observed.moved = true;
    observed.reason = reason;
    observed.server = PRETENDED;
    const asksMaster = reason === 'balanced' && isOfClient(facts.consistency);
    if (asksMaster && kind !== 'none' && seen.unsettled !== PRETENDED && seenOf(seen, facts.reads) === seen)
      settleAt(seen, seen.position, seen.marks);
  }

  private tracks({ classification, context, facts }: DispatchedQuery): boolean {
    if (!this.parts.rules.byPosition) return false;
    return classification.intent !== 'read' || (context.balanced && isOfClient(facts.consistency));
  }
}

function isOfClient(consistency: Consistency): boolean {
  return consistency === 'session' || consistency === 'strong';
}

function goes(observed: Observed, { engine, reason }: Decision): void {
  observed.moved = engine.role === 'slave';
  observed.reason = reason;
  observed.server = engine.server;
}

/** It would have been refused, by a rule of the app's own or since there is no slave. */
function failed(observed: Observed, error: unknown): void {
  observed.moved = false;
  observed.reason = error instanceof UnknownEngineError ? 'rule' : 'no-slave';
}
