import { APPLICATIONS } from './applications.js';
import { DATA_CHANGES, DATA_DEFINITION, NOT_EXECUTED, SESSION_COMMANDS } from './commands.js';
import { EXPLAIN, SHOW } from './explain-and-show.js';
import { EXPRESSIONS, QUERIES, SYSTEM_RELATIONS } from './queries.js';
import { CTES_THAT_WRITE, INTO, LOCKING, MISLEADING, MORE_LOCKING } from './statements-and-text.js';
import { AT_ANY_PLACE, HIDDEN_CALLS, LEFT_OUT, SYSTEM_FUNCTIONS } from './writing-functions.js';

/** Statements to be run against the oracle, by what they are about. */
export const CORPUS: Readonly<Record<string, readonly string[]>> = {
  'session commands': SESSION_COMMANDS,
  'data definition': DATA_DEFINITION,
  'data changes': DATA_CHANGES,
  explain: EXPLAIN,
  show: SHOW,
  queries: QUERIES,
  expressions: EXPRESSIONS,
  applications: APPLICATIONS,
  'system relations': SYSTEM_RELATIONS,
  'functions at any place': AT_ANY_PLACE,
  'hidden calls': HIDDEN_CALLS,
  'system functions': SYSTEM_FUNCTIONS,
  'left out': LEFT_OUT,
  locking: [...LOCKING, ...MORE_LOCKING],
  into: INTO,
  'CTEs that write': CTES_THAT_WRITE,
  'misleading texts': MISLEADING,
};

export { NOT_EXECUTED };
export { COMMANDS } from './commands.js';
export { SCHEMA } from './schema.js';
