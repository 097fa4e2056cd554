import type { PinnedHandler } from '../options/pin-options.js';

/** One of `pin.handlers`, taken apart. */
export interface ListedHandler {
  /** The class, or what it is called. */
  readonly type: Function | string;
  /** Undefined: all of the class's. */
  readonly method: string | undefined;
}

export function listedHandler(handler: PinnedHandler): ListedHandler {
  if (typeof handler === 'function') return { type: handler, method: undefined };
  if (typeof handler !== 'string') return { type: handler[0], method: handler[1] };
  const [type = handler, method] = handler.split('.');
  return { type, method };
}

/** Whether a class is meant: itself, or by its name. */
export function isListedType({ type: listed }: ListedHandler, type: Function): boolean {
  return listed === type || listed === type.name;
}

export function isListed(listed: ListedHandler, type: Function, handler: Function): boolean {
  const { method } = listed;
  if (!isListedType(listed, type)) return false;
  if (method === undefined || method === handler.name) return true;
  return (type.prototype as Record<string, unknown> | undefined)?.[method] === handler;
}
