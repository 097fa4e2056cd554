import { InvalidOptionsError } from '../errors.js';
import type { PinnedHandler } from '../options/pin-options.js';
import type { AppClass } from './app-classes.js';
import { type ListedHandler, isListedType, listedHandler } from './listed-handler.js';

/**
 * Throws `InvalidOptionsError` when one of `pin.handlers` names a class or a method that the app doesn't have, or a name that
 * two of its classes share.
 */
export function checkPinHandlers(handlers: readonly PinnedHandler[], classes: readonly AppClass[]): void {
  for (const handler of handlers) checkHandler(listedHandler(handler), classes);
}

function checkHandler(listed: ListedHandler, classes: readonly AppClass[]): void {
  const ofType = classes.filter(({ type }) => isListedType(listed, type));
  const fitting = ofType.filter((one) => hasMethod(one, listed.method));
  if (fitting.length === 0) throw missing(listed, ofType);
  if (fitting.length > 1) throw ambiguous(listed, fitting.length);
}

function hasMethod({ methods }: AppClass, method: string | undefined): boolean {
  return method === undefined || methods.some(([name]) => name === method);
}

function missing(listed: ListedHandler, ofType: readonly AppClass[]): InvalidOptionsError {
  const className = nameOf(listed);
  const methods = ofType.flatMap((one) => one.methods.map(([name]) => name));
  const known =
    ofType.length > 0
      ? `${className} has: ${methods.join(', ')}.`
      : `The app has no controller or provider of the class ${className}.`;
  return new InvalidOptionsError(`pin.handlers names '${fullNameOf(listed)}', which is not there. ${known}`);
}

function ambiguous(listed: ListedHandler, count: number): InvalidOptionsError {
  const [className, { method }] = [nameOf(listed), listed];
  return new InvalidOptionsError(
    `pin.handlers names '${fullNameOf(listed)}', which fits ${count} classes named ${className}. ` +
      `Give the class itself: ${method === undefined ? className : `[${className}, '${method}']`}.`,
  );
}

function nameOf({ type }: ListedHandler): string {
  return typeof type === 'string' ? type : type.name;
}

function fullNameOf(listed: ListedHandler): string {
  return listed.method === undefined ? nameOf(listed) : `${nameOf(listed)}.${listed.method}`;
}
