import type { Transform } from 'node:stream';
import { thisContext } from '../context/context-storage.js';

/**
 * Lets the handlers of a stream run in the context in which it was asked for: rows come by a socket's events, which carry that of
 * the query that opened the connection.
 */
export function emittingHere(stream: Transform): void {
  const here = thisContext();
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...args: unknown[]) => here(() => emit(event, ...args));
}
