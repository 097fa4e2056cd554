import { refuse } from './check.js';

/** Throws `InvalidOptionsError` for what names no handler or class. */
export function checkHandlers(handlers: unknown): void {
  if (!Array.isArray(handlers)) refuse('pin.handlers', "a list such as ['PostsController.touch']", handlers);
  for (const handler of handlers as unknown[]) {
    if (isPinnedHandler(handler)) continue;
    refuse(
      'Each of pin.handlers',
      "a class or one of its methods, as in 'PostsController', 'PostsController.touch' or [PostsController, 'touch']",
      handler,
    );
  }
}

function isPinnedHandler(handler: unknown): boolean {
  if (typeof handler === 'string') return /^[^.]+(?:\.[^.]+)?$/.test(handler);
  if (!Array.isArray(handler)) return typeof handler === 'function';
  const [type, method] = handler as unknown[];
  return handler.length === 2 && typeof type === 'function' && typeof method === 'string';
}
