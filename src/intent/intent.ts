/**
 * What a query is. `'read'` is proved; all else is a `'write'`. `'unproved'` could be either and is treated as a write,
 * save that a name given to the query itself is believed.
 */
export type Intent = 'read' | 'write' | 'unproved';
