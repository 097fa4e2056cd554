/**
 * What a query is. `'read'` is proved, `'write'` is known to be none (locks and session commands included), `'unproved'`
 * could be either: it goes where writes go, save that an engine named by the query itself is believed.
 */
export type Intent = 'read' | 'write' | 'unproved';

/** An intent with the part of the query that decided it. */
export interface Classification {
  readonly intent: Intent;
  /** Ends the sentence "it is a … because": `function nextval is volatile`. */
  readonly because: string;
  /** It may create or change what queries name, such as a function: what is known of the catalogue ends with it. */
  readonly changesCatalogue: boolean;
  /** It names what the catalogue does not know, and somebody else may have made. */
  readonly namesUnknown: boolean;
}

export const READ: Classification = Object.freeze({
  intent: 'read',
  because: 'everything in it is known to only read',
  changesCatalogue: false,
  namesUnknown: false,
});

export function write(because: string, { changesCatalogue = false } = {}): Classification {
  return Object.freeze({ intent: 'write', because, changesCatalogue, namesUnknown: false });
}

export function unproved(because: string, { namesUnknown = false } = {}): Classification {
  return Object.freeze({ intent: 'unproved', because, changesCatalogue: false, namesUnknown });
}
