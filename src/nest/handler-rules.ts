import type { Consistency } from '../context/consistency.js';
import type { HandlerForce } from '../context/context.js';
import type { DeclaredWriters } from './declared-writers.js';
import { consistencyOf } from './decorators/consistency.decorator.js';
import { handlerEngineOf } from './decorators/with-engine.decorator.js';

/** Nest's own mark of an `@Sse()` handler. */
const SSE_METADATA = '__sse__';

/** What decorators, and the options, say of a handler. */
export interface HandlerRules {
  /** What the report calls it: `PostsController.list`. */
  readonly name: string;
  readonly force: HandlerForce | undefined;
  /** What holds where the request has a master param. */
  readonly masterParam: HandlerForce;
  readonly masterParams: ReadonlyMap<string, boolean>;
  readonly consistency: Consistency | undefined;
  /** What is said of it by `@DbWrite()` or the options; undefined: nothing. */
  readonly writes: boolean | undefined;
  readonly isEventStream: boolean;
}

export function readRules(
  set: string,
  writers: DeclaredWriters,
  type: Function,
  handler: Function,
): HandlerRules {
  const [method, controller] = [handlerEngineOf(set, handler), handlerEngineOf(set, type)];
  const force = forceBy(method?.engine, forceBy(controller?.engine));
  return {
    name: `${type.name}.${handler.name}`,
    force,
    masterParam: { engine: 'master', reason: 'master-param', otherwise: force },
    masterParams: new Map([...(controller?.masterParams ?? []), ...(method?.masterParams ?? [])]),
    consistency: consistencyOf(set, handler) ?? consistencyOf(set, type),
    writes: writers.saidOf(type, handler),
    isEventStream: Reflect.hasMetadata(SSE_METADATA, handler),
  };
}

function forceBy(engine: string | undefined, otherwise?: HandlerForce): HandlerForce | undefined {
  return engine === undefined ? otherwise : { engine, reason: 'handler', otherwise };
}
