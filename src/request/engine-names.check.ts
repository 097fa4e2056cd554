import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { methodEngineOf } from './using-engine.decorator.js';
import { handlerEngineOf } from './with-engine.decorator.js';

interface Wrapper {
  readonly metatype: unknown;
  readonly inject?: unknown;
}

/** Throws `UnknownEngineError` when a decorator anywhere in the app names an engine that the set doesn't have. */
export function checkEngineNames(
  routing: DatabaseRouting,
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): void {
  const wrappers: readonly Wrapper[] = [...discovery.getControllers(), ...discovery.getProviders()];
  for (const type of new Set(wrappers.filter(isClass).map(({ metatype }) => metatype))) {
    checkWithEngine(routing, type, type.name);
    for (const [name, method] of methodsOf(type, scanner)) {
      const where = `${type.name}.${name}`;
      checkWithEngine(routing, method, where);
      checkUsingEngine(routing, method, where);
    }
  }
}

function methodsOf(type: Function, scanner: MetadataScanner): [name: string, method: Function][] {
  const prototype = type.prototype as Record<string, Function>;
  return scanner.getAllMethodNames(prototype).map((name) => [name, prototype[name]!]);
}

function checkWithEngine(routing: DatabaseRouting, target: object, where: string): void {
  const engine = handlerEngineOf(routing.name, target)?.engine;
  if (engine !== undefined) routing.engines.assertChoice(engine, `@WithEngine on ${where}`);
}

function checkUsingEngine(routing: DatabaseRouting, method: object, where: string): void {
  const said = methodEngineOf(method);
  if (said?.set !== routing.name || said.engine === null) return;
  routing.engines.assertChoice(said.engine, `@UsingEngine on ${where}`);
}

/** Factories have a function for a metatype too, but nothing that we look for. */
function isClass(wrapper: Wrapper): wrapper is { readonly metatype: Function } {
  return (
    typeof wrapper.metatype === 'function' &&
    wrapper.inject === undefined &&
    Boolean(wrapper.metatype.prototype)
  );
}
