import type { Consistency } from './consistency.js';
import type { HttpRequest } from './http-request.js';
import { type Seen, nothingSeen } from './seen.js';

/** `'master'`, a slave's name, or `'slave'` for any slave. */
export type EngineChoice = string;

/** Stands for any slave wherever an engine is named; the balancer chooses. */
export const ANY_SLAVE = 'slave';

/** What kind of work a query belongs to; `'none'` is boot, cron without `run`, and other code that nobody framed. */
export type ContextKind = 'request' | 'message' | 'job' | 'none';

/** What a handler's decorator or a master param of the request says (rule 5). */
export interface HandlerForce {
  readonly engine: EngineChoice;
  readonly reason: 'master-param' | 'handler';
  /** What is said behind it, for when this is skipped: of the method behind a master param, of the class behind the method. */
  readonly otherwise?: HandlerForce | undefined;
}

/** Queries that were sent to slaves: nearly all work only reads, so that what they name is looked up when a write comes. */
export interface ReadOnSlaves {
  /** Those that nobody has looked at; few are kept. */
  readonly queries: (object | undefined)[];
  /** The tables of those before, without schema. */
  readonly tables: Set<string>;
}

/**
 * How far a piece of work is: its handler may run, its response may be on its way meanwhile. When it is over, nobody can be
 * told any more what it sees.
 */
export type Progress = 'open' | 'handling' | 'answering' | 'over';

/** What the queries of one piece of work share, however deep they nest. Written by the queries, read by the next ones. */
export interface Work {
  /** A write was sent: reads stay on the master from here on (rule 7). Never goes back to false. */
  wrote: boolean;
  /** The same of tables that are known, in `seen`: reads of others go on. */
  wroteKnown: boolean;
  /** The client wrote in an earlier request, less than the pin window ago: reads stay on the master. */
  pinned: boolean;
  /** The slave the work reads from, once it has read from one. */
  slave: string | undefined;
  /** What the work has read on slaves, to be held against what it writes; undefined: nothing yet. */
  readOnSlaves: ReadOnSlaves | undefined;
  /** `engine;reason` of each decision, once each, in the order they first came; kept only when they are exposed. */
  readonly decisions: Set<string> | undefined;
  /** How far the client has seen, before this work and in it. */
  readonly seen: Seen;
  /** The HTTP request, until its response is closed; kept only where a `router` may ask for it. */
  request: HttpRequest | undefined;
  /** The same work as it would be by now, had its queries run where the rules send them; kept in shadow mode. */
  wouldBe: Work | undefined;
  /** The work inside which this one was begun; it is told what this one writes. */
  readonly outer: Work | undefined;
  progress: Progress;
  /** How many of its writes, and of its transactions that may write, have not ended. */
  writing: number;
}

/**
 * What is known of the work a query belongs to. Immutable but for `work` and `entered`: a nested scope is a new value
 * that ends with its call, so that nothing needs to be restored.
 */
export interface Context {
  readonly kind: ContextKind;
  /** The handler or job that it is of, for the report; undefined: nobody has said. */
  readonly name: string | undefined;
  /** Whether reads may be balanced: false before a handler starts, as in guards, and outside any work (rule 8). */
  readonly balanced: boolean;
  /** The innermost `usingEngine` scope (rule 4); null lifts what forces from outside, undefined: there is none. */
  readonly scope: EngineChoice | null | undefined;
  readonly handler: HandlerForce | undefined;
  /** What the innermost scope or handler says; undefined: as the set's options say. */
  readonly consistency: Consistency | undefined;
  readonly work: Work;
  /**
   * The context of the one handler that a request entered. What runs outside the handler but after its start (exception
   * filters, reading of a streamed file) still carries the request's own context, and continues in the handler's.
   */
  entered: Context | undefined;
}

export const NO_CONTEXT: Context = Object.freeze({
  kind: 'none',
  name: undefined,
  balanced: false,
  scope: undefined,
  handler: undefined,
  consistency: undefined,
  work: Object.freeze({
    wrote: false,
    wroteKnown: false,
    pinned: false,
    slave: undefined,
    readOnSlaves: undefined,
    decisions: undefined,
    seen: Object.freeze(nothingSeen()),
    request: undefined,
    wouldBe: undefined,
    outer: undefined,
    progress: 'open',
    writing: 0,
  }),
  entered: undefined,
});

/** New work of its own. `recordDecisions` keeps its decisions; `seen` is what its client has seen in other work, and will see in this. */
export function openContext(
  kind: Exclude<ContextKind, 'none'>,
  {
    balanced,
    recordDecisions = false,
    seen = nothingSeen(),
  }: { balanced: boolean; recordDecisions?: boolean; seen?: Seen | undefined },
): Context {
  const decisions = recordDecisions ? new Set<string>() : undefined;
  const work: Work = {
    wrote: false,
    wroteKnown: false,
    pinned: false,
    slave: undefined,
    readOnSlaves: undefined,
    decisions,
    seen,
    request: undefined,
    wouldBe: undefined,
    outer: undefined,
    progress: 'open',
    writing: 0,
  };
  return {
    kind,
    name: undefined,
    balanced,
    scope: undefined,
    handler: undefined,
    consistency: undefined,
    work,
    entered: undefined,
  };
}

/** The same work, under another scope or in a handler. */
export function nestContext(
  outer: Context,
  change: Partial<Pick<Context, 'name' | 'balanced' | 'scope' | 'handler' | 'consistency'>>,
): Context {
  return { ...outer, entered: undefined, ...change };
}

/** Marks the context's work as a writer, and what is around it; there is nobody to remember it for outside a context. */
export function markWrote({ kind, work }: Context): void {
  if (kind === 'none') return;
  for (let at: Work | undefined = work; at; at = at.outer) at.wrote = true;
}

/** The app itself says that the work writes: so it does, and would in shadow mode, where its queries may leave less. */
export function declareWrote(context: Context): void {
  markWrote(context);
  for (let at: Work | undefined = context.work; at; at = at.outer) if (at.wouldBe) at.wouldBe.wrote = true;
}

/** The same where it is known which tables were written. */
export function markWroteKnown({ kind, work }: Context): void {
  if (kind === 'none') return;
  for (let at: Work | undefined = work; at; at = at.outer) at.wroteKnown = true;
}

/** Counts a write that begins, or, by -1, that has ended. */
export function countWriting({ kind, work }: Context, by: 1 | -1): void {
  if (kind === 'none') return;
  for (let at: Work | undefined = work; at; at = at.outer) at.writing += by;
}
