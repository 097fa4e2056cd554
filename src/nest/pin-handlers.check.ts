import { InvalidOptionsError } from '../errors.js';
import type { AppClass } from './app-classes.js';

/** Throws `InvalidOptionsError` when `pin.handlers` names a method that no class of the app has. */
export function checkPinHandlers(handlers: readonly string[], classes: readonly AppClass[]): void {
  for (const handler of handlers) checkHandler(handler, classes);
}

function checkHandler(handler: string, classes: readonly AppClass[]): void {
  const [className, methodName] = handler.split('.');
  const named = classes.filter(({ type }) => type.name === className);
  const methods = named.flatMap((one) => one.methods.map(([name]) => name));
  if (methods.includes(methodName!)) return;
  const known =
    named.length > 0
      ? `${className} has: ${methods.join(', ')}.`
      : `The app has no controller or provider of the class ${className}.`;
  throw new InvalidOptionsError(`pin.handlers names '${handler}', which is not there. ${known}`);
}
