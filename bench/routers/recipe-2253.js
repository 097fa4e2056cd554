import { randomInt } from 'node:crypto';
import knex from 'knex';
import { accessOf, knexTo, plainKnex } from './plain-knex.js';

export const name = 'recipe of knex #2253';
export const packages = ['knex'];
export const plain = plainKnex;

/** The recipe's own list. */
const WRITES = ['insert', 'del', 'update', 'truncate'];

/**
 * What users of Knex tell each other in https://github.com/knex/knex/issues/2253: a Knex for each server, and one in front
 * whose client hands a builder to the runner of one of them. What compiles to an insert, an update or a delete goes to the
 * writer, and so do transactions; the rest goes to a reader, here at random.
 */
export async function routed({ master, slaves }) {
  const writer = knexTo(master);
  const readers = Object.values(slaves).map(knexTo);
  const front = knex({ client: 'pg' });
  const isWrite = (builder) => [builder.toSQL()].flat().some(({ method }) => WRITES.includes(method));
  front.client.runner = (builder) =>
    (isWrite(builder) ? writer : readers[randomInt(readers.length)]).client.runner(builder);
  front.client.transaction = (...args) => writer.client.transaction(...args);
  return accessOf(front);
}
