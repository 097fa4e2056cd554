import { InvalidOptionsError } from '../errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/** Throws `InvalidOptionsError` where two sets would take each other's cookies or headers for their own. */
export function checkCarriedNames(own: ResolvedOptions, others: readonly ResolvedOptions[]): void {
  for (const other of others) {
    for (const name of cookiesOf(own)) {
      const taken = cookiesOf(other).find((one) => one === name || one.startsWith(`${name}.`));
      if (taken !== undefined) throw shared(`cookie '${taken}'`, own, other);
    }
    const { header } = own.bookmark;
    if (header && header.toLowerCase() === other.bookmark.header?.toLowerCase())
      throw shared(`header '${header}'`, own, other);
  }
}

function cookiesOf({ bookmark, pin }: ResolvedOptions): string[] {
  return [bookmark.cookie, pin.cookie, pin.cookieless?.cookie].flatMap((cookie) => cookie?.name ?? []);
}

function shared(what: string, own: ResolvedOptions, other: ResolvedOptions): InvalidOptionsError {
  return new InvalidOptionsError(
    `The ${what} belongs to two sets of engines, '${own.name}' and '${other.name}'. Give each set names of its own, or leave ` +
      'them out: then they have the name of the set in them.',
  );
}
