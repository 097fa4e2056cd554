import type { Consistency } from '../context/consistency.js';
import {
  ANY_SLAVE,
  type Context,
  type EngineChoice,
  type HandlerForce,
  type Work,
} from '../context/context.js';
import { sparesReads } from '../context/others.js';
import { ANYWHERE } from '../context/seen.js';
import type { Intent } from '../intent/intent.js';
import type { Reason } from './decision.js';

/** What the rules look at of a query. */
export interface QueryFacts {
  readonly intent: Intent;
  /** Whether a slave that has caught up would answer differently. Default: no. */
  readonly answersDiffer?: boolean;
  /** Whether the catalogue is not there yet to prove it a read. Default: no. */
  readonly awaitsCatalogue?: boolean;
  /** What the query itself asked for, by `.usingEngine()`. */
  readonly engine: EngineChoice | undefined;
  /** How fresh it must be: what it says itself, or what is said around it. */
  readonly consistency: Consistency;
  /** The tables that it reads, where it matters and all of them are known. */
  readonly reads?: readonly string[] | undefined;
  /** Undefined for a whole transaction. */
  readonly builder: object | undefined;
}

/** The engine that `router` names, unless that is skipped, else the one that `tables` does. */
export type EngineForRead = (
  query: QueryFacts,
  context: Context,
  skips: (engine: EngineChoice) => boolean,
) => EngineChoice | undefined;

/** What the rules look at of the options. */
export interface RoutingRules {
  /** `router` and `tables` in one; undefined where neither is configured. */
  readonly engineForRead: EngineForRead | undefined;
  readonly reads: 'slaves' | 'master';
  /** Whether what was written is known by its position, which a slave can be asked to show. Default: no. */
  readonly byPosition?: boolean;
  /** Whether what is only unproved must not run on an engine that names it, since its server would not refuse a write. Default: no. */
  readonly doubts?: (engine: EngineChoice) => boolean;
  /** Whether a read is refused that belongs to no request, message or job. Default: no. */
  readonly refusesNoContext?: boolean;
  /** What holds where nobody says otherwise. */
  readonly consistency: Consistency;
}

/** An engine, or any slave, and why. */
export interface Choice {
  readonly engine: EngineChoice;
  readonly reason: Reason;
}

/** Whether a rule is skipped, since the engine that it names is out of use, say. */
export type Skips = (choice: Choice) => boolean;

type Rule = (query: QueryFacts, context: Context, rules: RoutingRules, skips: Skips) => Choice | undefined;

const choiceOf = (engine: EngineChoice | null | undefined, reason: Reason): Choice | undefined =>
  engine === undefined || engine === null ? undefined : { engine, reason };

/** Unless a scope lifts it. */
const handlerOf = (context: Context): HandlerForce | undefined =>
  context.scope === null ? undefined : context.handler;

/** Whether a read may be of what was written, while no slave can be asked for it: its position is not known yet. */
function mayMissWrite({ consistency, reads }: QueryFacts, { seen, writing }: Work): boolean {
  const isSettled = seen.unsettled !== ANYWHERE && writing === 0;
  return !(isSettled && typeof consistency === 'string') && !sparesReads(seen, reads);
}

/** Rule 1, the transaction's own engine, is not here: a transaction's queries never leave its connection. */
const RULES_IN_ORDER: readonly Rule[] = [
  function write(query, _context, { doubts }) {
    const believed = query.intent === 'unproved' && query.engine !== undefined && !doubts?.(query.engine);
    return query.intent === 'read' || believed ? undefined : choiceOf('master', 'write');
  },
  function queryForce(query) {
    return choiceOf(query.engine, 'query');
  },
  function unbelieved(query) {
    return query.intent === 'read' ? undefined : choiceOf('master', 'write'); // its engine was skipped
  },
  function scopeForce(_query, context) {
    return choiceOf(context.scope, 'scope');
  },
  function handlerForce(_query, context) {
    return handlerOf(context);
  },
  function forceBehind(_query, context) {
    return handlerOf(context)?.otherwise;
  },
  function forceOfClass(_query, context) {
    return handlerOf(context)?.otherwise?.otherwise;
  },
  function differs(query) {
    return query.answersDiffer ? choiceOf('master', 'consistency') : undefined;
  },
  function userRule(query, context, { engineForRead }, skips) {
    const skipsEngine = (engine: EngineChoice) => skips({ engine, reason: 'rule' });
    return choiceOf(engineForRead?.(query, context, skipsEngine), 'rule');
  },
  function readsOnMaster(_query, _context, rules) {
    return rules.reads === 'master' ? choiceOf('master', 'rule') : undefined;
  },
  function strong(query) {
    return query.consistency === 'strong' ? choiceOf('master', 'consistency') : undefined;
  },
  function wrote(query, { work }, { byPosition }) {
    if (query.consistency === 'eventual' || (byPosition && work.progress === 'over')) return undefined;
    return work.wrote || (work.wroteKnown && mayMissWrite(query, work))
      ? choiceOf('master', 'wrote')
      : undefined;
  },
  function pinned(query, context) {
    return query.consistency !== 'eventual' && context.work.pinned ? choiceOf('master', 'pin') : undefined;
  },
  function noContext(_query, context) {
    return context.balanced ? undefined : choiceOf('master', 'no-context');
  },
];

/** Any slave that is fresh enough. */
export const BALANCED: Choice = { engine: ANY_SLAVE, reason: 'balanced' };

const skipsNone: Skips = () => false;

/** Where a query outside a transaction goes: the first rule that has an opinion and is not skipped, else any slave. */
export function choose(
  query: QueryFacts,
  context: Context,
  rules: RoutingRules,
  skips: Skips = skipsNone,
): Choice {
  for (const rule of RULES_IN_ORDER) {
    const choice = rule(query, context, rules, skips);
    if (choice && !skips(choice)) return choice;
  }
  return BALANCED;
}
