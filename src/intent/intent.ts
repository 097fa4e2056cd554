import type { KnownVersions } from './versions.js';
import type { Leaves } from './transaction-local.js';

/**
 * What a query is. `'read'` is proved, `'write'` is known to be none (locks and session commands included), `'unproved'`
 * could be either: it goes where writes go, save that an engine named by the query itself is believed.
 */
export type Intent = 'read' | 'write' | 'unproved';

/** The user's word on a text that is not proved: an intent, or undefined for no opinion. */
export type ClassifySql = (sql: string) => Intent | undefined;

/** An intent with the part of the query that decided it. */
export interface Classification {
  readonly intent: Intent;
  /** Ends the sentence "it is a … because": `function nextval is volatile`. */
  readonly because: string;
  /**
   * It creates or changes what queries name, such as a function: what is known of that is in doubt from then on. `'perhaps'`: it
   * calls what may do so, and mostly does not.
   */
  readonly changesCatalogue: boolean | 'perhaps';
  /** It names what the catalogue does not know, and somebody else may have made. */
  readonly namesUnknown: boolean;
  /** It is not proved a read only as long as the catalogue is being read: no slave gets it unless one is named. */
  readonly awaitsCatalogue: boolean;
  /** A read that a slave answers differently, though it has caught up: it is read on the master unless an engine is named. */
  readonly answersDiffer: boolean;
  /** It runs functions, views or policies that the app has made. */
  readonly usesOwn: boolean;
  /** By which versions of these it was proved a read: a slave must have the same. */
  readonly rests?: KnownVersions;
  /** What it leaves on the connection of a read-only transaction on a slave, which takes all that leaves nothing. */
  readonly leaves: Leaves;
}

export const READ: Classification = Object.freeze({
  intent: 'read',
  because: 'everything in it is known to only read',
  changesCatalogue: false,
  namesUnknown: false,
  awaitsCatalogue: false,
  answersDiffer: false,
  usesOwn: false,
  leaves: 'nothing',
});

export function write(
  because: string,
  {
    changesCatalogue = false,
    leaves = 'unknown',
  }: Partial<Pick<Classification, 'changesCatalogue' | 'leaves'>> = {},
): Classification {
  return Object.freeze({ ...READ, intent: 'write', because, changesCatalogue, leaves });
}

export function unproved(
  because: string,
  { namesUnknown = false, awaitsCatalogue = false } = {},
): Classification {
  return Object.freeze({
    ...READ,
    intent: 'unproved',
    because,
    namesUnknown,
    awaitsCatalogue,
    leaves: 'locks',
  });
}
