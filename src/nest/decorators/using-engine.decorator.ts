import 'reflect-metadata';
import { Observable, isObservable } from 'rxjs';
import type { EngineChoice } from '../../context/context.js';
import { runOnEngine } from '../../context/context-storage.js';
import { DEFAULT_SET } from '../../options/default-set.js';
import { takeOver } from './take-over.js';

/** What a `@UsingEngine` says; kept for the check at boot. */
export interface MethodEngine {
  readonly set: string;
  readonly engine: EngineChoice | null;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const METHOD_ENGINE = 'nestjs-database-routing:using-engine';

/**
 * Runs a method of any class with its reads on an engine: `'slave'` any slave, `null` no force at all. Plain values,
 * promises, Observables and generators pass through, as do `this` and errors; what was in force before is so again
 * afterwards, also when calls nest. A generator's body runs on the engine, and what uses its values does not. From zzzeek's `with_slave`. Writes inside still go to the master.
 */
export function UsingEngine(
  engine: EngineChoice | null,
  { set = DEFAULT_SET }: { set?: string } = {},
): MethodDecorator {
  return (_target: object, _key: string | symbol, descriptor: PropertyDescriptor) => {
    const original = descriptor.value as Method;
    const onEngine: Method = function (...args) {
      const result = runOnEngine(set, engine, () => original.apply(this, args));
      if (isObservable(result)) return subscribedOnEngine(set, engine, result);
      return isGenerator(result) ? steppingOnEngine(set, engine, result) : result;
    };
    takeOver(original, onEngine);
    Reflect.defineMetadata(METHOD_ENGINE, { set, engine } satisfies MethodEngine, onEngine);
    descriptor.value = onEngine;
  };
}

export function methodEngineOf(method: object): MethodEngine | undefined {
  return Reflect.getMetadata(METHOD_ENGINE, method) as MethodEngine | undefined;
}

/** An Observable does its work when it is subscribed to, long after the method has returned. */
function subscribedOnEngine(
  set: string,
  engine: EngineChoice | null,
  work: Observable<unknown>,
): Observable<unknown> {
  return new Observable((subscriber) => runOnEngine(set, engine, () => work.subscribe(subscriber)));
}

type AnyGenerator = Generator | AsyncGenerator;

function isGenerator(result: unknown): result is AnyGenerator {
  const kind = Object.prototype.toString.call(result);
  return kind === '[object Generator]' || kind === '[object AsyncGenerator]';
}

/**
 * A generator's body runs step by step, whenever somebody asks for the next value, and so each step is a scope of its own.
 * The result is a generator still: what else there is of one is inherited, and calls these.
 */
function steppingOnEngine(set: string, engine: EngineChoice | null, generator: AnyGenerator): AnyGenerator {
  const step =
    (name: 'next' | 'return' | 'throw') =>
    (...args: unknown[]) =>
      runOnEngine(set, engine, () => (generator[name] as Method).apply(generator, args));
  return Object.create(Object.getPrototypeOf(generator) as object, {
    next: { value: step('next') },
    return: { value: step('return') },
    throw: { value: step('throw') },
  }) as AnyGenerator;
}
