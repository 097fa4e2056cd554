import { fileURLToPath } from 'node:url';
import { InvalidOptionsError } from './errors.js';
import { here } from './here.js';

/** Shared by all copies of this package that a process loads, whatever their version and module format. */
const KEY = Symbol.for('nestjs-database-routing.copies');

/** Where they were loaded from; the same place twice, as after Jest's `resetModules`, replaces what was there. */
const copies = ((globalThis as { [KEY]?: Set<string> })[KEY] ??= new Set());
copies.add(fileURLToPath(new URL('.', here)));

/**
 * Throws `InvalidOptionsError` with the paths where this package is there more than once: contexts that one copy opens are
 * unknown to the other, so that its writes would not be followed by reads on the master.
 */
export function assertLoadedOnce(): void {
  if (copies.size === 1) return;
  throw new InvalidOptionsError(
    `nestjs-database-routing was loaded ${copies.size} times: ${[...copies].join(' and ')}. Each copy has contexts of its own, ` +
      'so that reads would miss what was written. Let the app and its libraries use one: npm ls nestjs-database-routing ' +
      'shows who brings another; and load it by import alone, or by require alone.',
  );
}
