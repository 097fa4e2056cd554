import type { KindName } from './kinds.js';

/** One thing that was made. */
export interface Thing {
  readonly kind: KindName;
  readonly n: number;
}

/** What the migrating process tells: something is there now, or is to be dropped as soon as nobody reads it. */
export type FromMigrator =
  | { readonly is: 'made' | 'changed' | 'retiring'; readonly thing: Thing }
  | { readonly is: 'failed'; readonly error: string };

/** The answer to the latter; `stop` ends the process. */
export type ToMigrator = { readonly is: 'retired' } | { readonly is: 'stop' };
