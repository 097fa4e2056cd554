import { applyDecorators } from '@nestjs/common';
import type { EngineChoice } from '../../context/context.js';
import { InvalidOptionsError } from '../../errors.js';
import { DEFAULT_SET } from '../../options/default-set.js';
import { describeMasterParams } from './api-parameters.js';
import { MetadataBySet } from './metadata-by-set.js';

const WITH_ENGINE = new MetadataBySet<HandlerEngine>('with-engine', merged);

/** Names of master params, or each name with whether it is taken out before the handler sees it. */
export type MasterParams = readonly string[] | Readonly<Record<string, boolean>>;

/** What a `@WithEngine` says, in one form. */
export interface HandlerEngine {
  /** Undefined: the decorator names none, and an engine named further out stands. */
  readonly engine: EngineChoice | undefined;
  /** By master param, whether to strip it. */
  readonly masterParams: ReadonlyMap<string, boolean>;
  /** Another engine that a decorator further in names on the same target; refused at boot. */
  readonly contradiction?: EngineChoice | undefined;
}

export interface WithEngineOptions {
  /** The set of engines it speaks of, where the app has several. */
  set?: string;
}

/**
 * Reads in this handler, or in all of a class's, go to `engine` (`'slave'`: any slave; `null`: none is named, and that
 * of the class stands). With master params, a request that has one of them, whatever its value, in the query string or
 * in the body, reads from the master; it is stripped before pipes run unless it is listed as `{ name: false }`.
 * A multipart form that is parsed for the handler alone, by an interceptor such as `FileInterceptor`, is not looked into.
 *
 * In OpenAPI documents by `@nestjs/swagger` master params are optional queries.
 *
 * Several on one method or class count together; two that name different engines fail at boot, and so does an unknown
 * engine. From TurboGears' `with_engine`. Works on HTTP, RPC, WebSocket and GraphQL handlers.
 */
export function WithEngine(
  engine: EngineChoice | null,
  masterParams: MasterParams = [],
  { set = DEFAULT_SET }: WithEngineOptions = {},
): ClassDecorator & MethodDecorator {
  const params = toMap(masterParams);
  return applyDecorators(
    WITH_ENGINE.decorate(set, { engine: engine ?? undefined, masterParams: params }),
    describeMasterParams([...params.keys()]),
  );
}

/** What is written on a handler or class, for one set. */
export function handlerEngineOf(set: string, target: object): HandlerEngine | undefined {
  return WITH_ENGINE.of(set, target);
}

/** The sets that something is written for on a handler or class. */
export function setsOfHandler(target: object): string[] {
  return WITH_ENGINE.setsOn(target);
}

/** As TurboGears' do, but that one which names no engine erases none. Of a param the outer one says whether it is kept. */
function merged(outer: HandlerEngine, inner: HandlerEngine): HandlerEngine {
  const isContradiction =
    outer.engine !== undefined && inner.engine !== undefined && outer.engine !== inner.engine;
  return {
    engine: outer.engine ?? inner.engine,
    masterParams: new Map([...inner.masterParams, ...outer.masterParams]),
    contradiction: isContradiction ? inner.engine : inner.contradiction,
  };
}

function toMap(masterParams: MasterParams): ReadonlyMap<string, boolean> {
  if (typeof masterParams !== 'object' || masterParams === null) {
    throw new InvalidOptionsError(
      `@WithEngine's master params must be a list such as ['m'] or an object such as { m: false }, got ${typeof masterParams}`,
    );
  }
  if (Array.isArray(masterParams)) return new Map(masterParams.map((name: string) => [name, true]));
  return new Map(Object.entries(masterParams));
}
