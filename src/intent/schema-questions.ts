import type { KnexSchemaBuilder } from '../knex-internals.js';

const QUESTIONS = new Set<unknown>(['hasTable', 'hasColumn']);

/** Whether a schema builder only asks, and changes nothing. */
export function asksOnly(builder: unknown): boolean {
  const { _sequence } = builder as KnexSchemaBuilder;
  return _sequence !== undefined && _sequence.every(({ method }) => QUESTIONS.has(method));
}
