import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { InvalidOptionsError } from '../errors.js';
import { methodEngineOf } from './using-engine.decorator.js';
import { handlerEngineOf, setsOfHandler } from './with-engine.decorator.js';

/** What the names in decorators are checked against. */
export interface EngineNames {
  readonly routing: DatabaseRouting;
  /** The names of all sets in the app. */
  readonly sets: readonly string[];
}

interface Wrapper {
  readonly metatype: unknown;
  readonly inject?: unknown;
  readonly instance: unknown;
}

/**
 * Throws `UnknownEngineError` when a decorator anywhere in the app names an engine that the set doesn't have, and
 * `InvalidOptionsError` when it names a set that the app doesn't have.
 */
export function checkEngineNames(
  names: EngineNames,
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): void {
  const wrappers: readonly Wrapper[] = [...discovery.getControllers(), ...discovery.getProviders()];
  for (const type of new Set(wrappers.map(classOf))) {
    if (!type?.prototype) continue;
    checkWithEngine(names, type, type.name);
    for (const [name, method] of methodsOf(type, scanner)) {
      const where = `${type.name}.${name}`;
      checkWithEngine(names, method, where);
      checkUsingEngine(names, method, where);
    }
  }
}

function methodsOf(type: Function, scanner: MetadataScanner): [name: string, method: Function][] {
  const prototype = type.prototype as Record<string, Function>;
  return scanner.getAllMethodNames(prototype).map((name) => [name, prototype[name]!]);
}

function checkWithEngine({ routing, sets }: EngineNames, target: object, where: string): void {
  for (const set of setsOfHandler(target)) checkSet(sets, set, `@WithEngine on ${where}`);
  const engine = handlerEngineOf(routing.name, target)?.engine;
  if (engine !== undefined) routing.engines.assertChoice(engine, `@WithEngine on ${where}`);
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

/** A provider's class, or that of the value that is provided, or that a factory has made. */
function classOf({ metatype, inject, instance }: Wrapper): Function | undefined {
  if (typeof metatype === 'function' && inject === undefined) return metatype;
  if (typeof instance !== 'object' || instance === null) return undefined;
  return (Object.getPrototypeOf(instance) as object | null)?.constructor;
}
