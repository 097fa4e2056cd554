import type { Knex } from 'knex';
import { InvalidOptionsError } from '../errors.js';
import type { Explanation } from '../routing/explanation.js';

interface Explaining {
  readonly client?: { explain?(query: unknown): Explanation };
}

/** What the Knex that a query was made with says of it: only it knows its transaction, and the engine that it names. */
export function explainedBy(query: Knex.QueryBuilder | Knex.Raw): Explanation {
  const { client } = query as Explaining;
  if (client?.explain) return client.explain(query);
  throw new InvalidOptionsError(
    'explain() takes a query of the routed Knex: knex.explain(knex("posts").select())',
  );
}
