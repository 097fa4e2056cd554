import type { DatabaseRouting } from '../database-routing.js';
import { InvalidOptionsError } from '../errors.js';
import type { AppClass } from './app-classes.js';
import { setsOfConsistency } from './decorators/consistency.decorator.js';
import { setsWrittenBy } from './decorators/db-write.decorator.js';
import { methodEngineOf } from './decorators/using-engine.decorator.js';
import { handlerEngineOf, setsOfHandler } from './decorators/with-engine.decorator.js';

/** What the names in decorators are checked against. */
export interface EngineNames {
  readonly routing: DatabaseRouting;
  /** The names of all sets in the app. */
  readonly sets: readonly string[];
}

/**
 * Throws `UnknownEngineError` when a decorator anywhere in the app names an engine that the set doesn't have, and
 * `InvalidOptionsError` when it names a set that the app doesn't have, or two name different engines on one target.
 */
export function checkEngineNames(names: EngineNames, classes: readonly AppClass[]): void {
  for (const { type, methods } of classes) {
    checkHandler(names, type, type.name);
    for (const [name, method] of methods) {
      const where = `${type.name}.${name}`;
      checkHandler(names, method, where);
      checkUsingEngine(names, method, where);
    }
  }
}

function checkHandler(names: EngineNames, target: object, where: string): void {
  checkWithEngine(names, target, where);
  for (const set of setsOfConsistency(target)) checkSet(names.sets, set, `@Consistency on ${where}`);
  for (const set of setsWrittenBy(target)) checkSet(names.sets, set, `@DbWrite on ${where}`);
}

function checkWithEngine({ routing, sets }: EngineNames, target: object, where: string): void {
  for (const set of setsOfHandler(target)) checkSet(sets, set, `@WithEngine on ${where}`);
  const { engine, contradiction } = handlerEngineOf(routing.name, target) ?? {};
  if (contradiction !== undefined) throw contradicting(where, engine, contradiction);
  if (engine !== undefined) routing.engines.assertChoice(engine, `@WithEngine on ${where}`);
}

function contradicting(where: string, outer: string | undefined, inner: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `@WithEngine stands on ${where} with '${outer}' and with '${inner}'. Name one engine; master params may stand apart.`,
  );
}

function checkUsingEngine({ routing, sets }: EngineNames, method: object, where: string): void {
  const said = methodEngineOf(method);
  if (!said) return;
  checkSet(sets, said.set, `@UsingEngine on ${where}`);
  if (said.set !== routing.name || said.engine === null) return;
  routing.engines.assertChoice(said.engine, `@UsingEngine on ${where}`);
}

function checkSet(sets: readonly string[], set: string, where: string): void {
  if (sets.includes(set)) return;
  throw new InvalidOptionsError(
    `${where} speaks of the set '${set}', which is not imported. Use one of: ${sets.join(', ')}; ` +
      `or import it by DatabaseRoutingModule.forRoot({ name: '${set}', … }).`,
  );
}
