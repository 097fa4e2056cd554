import type { Clock } from '../clock.js';
import type { Context, ContextKind } from '../context/context.js';
import { queryText } from '../intent/query-text.js';
import type { KnexConnection } from '../knex-internals.js';
import type { ReportCollector } from '../report/report-collector.js';
import type { RoutingReport } from '../routing/routing-report.js';
import type { RoutingEvents } from '../routing/decision-announcer.js';
import type { Decision, Reason } from '../routing/decision.js';
import type { ModeSwitch } from '../routing/mode-switch.js';
import { callSite } from './call-site.js';
import type { Dispatched, DispatchedQuery } from './dispatched.js';
import { type Observed, newlyObserved } from './observed.js';
import type { WouldBe } from './would-be.js';

/** What it is put together from. */
export interface ObserverParts {
  readonly mode: ModeSwitch;
  readonly collector: ReportCollector;
  readonly wouldBe: WouldBe;
  readonly events: RoutingEvents;
  readonly clock: Clock;
}

/** The event is emitted so often, while queries run: no timer keeps a process alive for it. */
const TOLD_EVERY_MS = 60_000;

const NAMELESS = {
  request: 'a request, outside its handlers',
  message: 'a message, outside its handlers',
  job: 'a job without a name',
  none: 'no request, message or job',
} satisfies Record<ContextKind, string>;

/** Looks on at queries, for the report. In mode `'on'` it does nothing until somebody has asked for one. */
export class Observer {
  private isAsked = false;
  private toldAtMs: number;
  /** By the connections of transactions. */
  private readonly transactions = new WeakMap<KnexConnection, Observed>();

  constructor(private readonly parts: ObserverParts) {
    this.toldAtMs = parts.clock.nowMs();
    parts.mode.beforeChange(() => {
      if (parts.mode.current === 'shadow') this.tell();
      parts.collector.clear();
    });
  }

  /** A query or a transaction that looks for its engine; undefined where nobody wants to know. */
  looks(): Observed | undefined {
    return this.isAsked || this.parts.mode.current === 'shadow' ? newlyObserved() : undefined;
  }

  /** In shadow mode where it would go. Why it runs on the master. */
  wouldGo(query: DispatchedQuery): Reason {
    return query.observed ? this.parts.wouldBe.decide(query, query.observed) : 'mode';
  }

  decided({ observed }: DispatchedQuery, { engine, reason }: Decision): void {
    if (!observed || observed.wouldBe) return;
    observed.moved = engine.role === 'slave';
    observed.reason = reason;
  }

  /** The same outside a transaction: a write may be there from then on. */
  sent(query: DispatchedQuery, decision: Decision): void {
    this.decided(query, decision);
    if (query.observed) this.parts.wouldBe.sent(query, query.observed);
  }

  /** It waits for its connection. */
  begins({ query }: Dispatched): void {
    const { observed } = query;
    if (!observed) return;
    observed.begunAtMs = this.parts.clock.nowMs();
    this.parts.wouldBe.begins(query, observed);
  }

  /** Right before it is sent on a connection. `sql`: undefined where it is compiled later. */
  sends({ query }: Dispatched, connection: KnexConnection | undefined, sql: string | undefined): void {
    const { observed, facts } = query;
    if (!observed) return;
    if (observed.reason === 'transaction' && observed.wouldBe === undefined) this.joins(query, connection);
    const text = sql ?? queryText(facts.builder);
    if (text !== undefined) observed.shape = this.parts.collector.shapeOf(text, facts.builder);
    observed.shape?.sample(callSite);
    this.parts.wouldBe.sends(query, observed);
  }

  ended({ query }: Dispatched, hasFailed: boolean): void {
    const { observed } = query;
    if (observed?.begunAtMs === undefined) return;
    const nowMs = this.parts.clock.nowMs();
    const ms = nowMs - observed.begunAtMs;
    observed.begunAtMs = undefined;
    const over = () => this.count(query, observed, ms, hasFailed);
    if (observed.pending) void observed.pending.then(over);
    else over();
    if (nowMs - this.toldAtMs > TOLD_EVERY_MS) this.tell();
  }

  /** A transaction has its connection. */
  began(connection: KnexConnection, observed: Observed | undefined): void {
    if (observed) this.transactions.set(connection, observed);
  }

  gaveBack(connection: KnexConnection): void {
    this.transactions.delete(connection);
  }

  /** From the first call on counts are kept in mode `'on'` too. */
  report(): RoutingReport {
    this.isAsked = true;
    return this.parts.collector.report(this.parts.mode.current);
  }

  /** Emits what is counted, if anything is. */
  tell(): void {
    const { clock, events, collector, mode } = this.parts;
    this.toldAtMs = clock.nowMs();
    if (this.looks() && events.listenerCount('report') > 0)
      events.emit('report', collector.report(mode.current));
  }

  get wouldBe(): WouldBe {
    return this.parts.wouldBe;
  }

  /** A query of a transaction goes where that has begun, or would have. */
  private joins(query: DispatchedQuery, connection: KnexConnection | undefined): void {
    const { observed } = query;
    const transaction = connection && this.transactions.get(connection);
    if (!observed || !transaction?.wouldBe) return;
    const { moved, server, wouldBe } = transaction;
    Object.assign(observed, { moved, server, wouldBe });
  }

  private count(query: DispatchedQuery, observed: Observed, ms: number, hasFailed: boolean): void {
    this.parts.wouldBe.ended(query, observed, hasFailed);
    const { moved, reason, waited, shape } = observed;
    this.parts.collector.count(handlerOf(query.context), shape, query.classification, {
      moved,
      reason,
      waited,
      ms,
    });
  }
}

function handlerOf({ name, kind }: Context): string {
  return name ?? NAMELESS[kind];
}
