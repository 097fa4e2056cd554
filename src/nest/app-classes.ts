import type { DiscoveryService, MetadataScanner } from '@nestjs/core';

interface Wrapper {
  readonly metatype: unknown;
  readonly inject?: unknown;
  readonly instance: unknown;
}

/** A class of the app, and its methods by name, inherited ones included. */
export interface AppClass {
  readonly type: Function;
  readonly methods: readonly (readonly [name: string, method: Function])[];
}

/** The classes of all controllers and providers in the app, once each. */
export function classesOfApp(discovery: DiscoveryService, scanner: MetadataScanner): AppClass[] {
  const wrappers: readonly Wrapper[] = [...discovery.getControllers(), ...discovery.getProviders()];
  const types = [...new Set(wrappers.map(classOf))].filter((type) => type?.prototype !== undefined);
  return types.map((type) => ({ type: type!, methods: methodsOf(type!, scanner) }));
}

function methodsOf(type: Function, scanner: MetadataScanner): AppClass['methods'] {
  const prototype = type.prototype as Record<string, Function>;
  return scanner.getAllMethodNames(prototype).map((name) => [name, prototype[name]!] as const);
}

/** A provider's class, or that of the value that is provided, or that a factory has made. */
function classOf({ metatype, inject, instance }: Wrapper): Function | undefined {
  if (typeof metatype === 'function' && inject === undefined) return metatype;
  if (typeof instance !== 'object' || instance === null) return undefined;
  return (Object.getPrototypeOf(instance) as object | null)?.constructor;
}
