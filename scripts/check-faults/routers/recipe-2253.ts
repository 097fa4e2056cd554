import { randomInt } from 'node:crypto';
import knex, { type Knex } from 'knex';
import type { Servers } from '../../common/servers.js';
import type { RouterUnderFault } from './router-under-fault.js';
import { watchedKnex } from './watched-knex.js';

/** The recipe's own list. */
const WRITES: readonly unknown[] = ['insert', 'del', 'update', 'truncate'];

/**
 * What users of Knex tell each other in https://github.com/knex/knex/issues/2253: a Knex for each server, and one in front
 * whose client hands a builder to the runner of one of them. What compiles to an insert, an update or a delete goes to the
 * writer, and so do transactions; the rest goes to a reader, here at random.
 */
export async function startRecipe2253(
  { master, slaves }: Servers,
  onSent: (engine: string) => void,
): Promise<RouterUnderFault> {
  const writer = watchedKnex('master', master, onSent);
  const readers = Object.entries(slaves).map(([name, connection]) => watchedKnex(name, connection, onSent));
  const front = inFrontOf(writer, readers);
  const session = {
    context: (work: (knex: { reads: Knex; writes: Knex }) => Promise<void>) =>
      work({ reads: front, writes: front }),
  };
  return {
    session: () => session,
    isOut: () => false,
    masterNow: () => 'master',
    close: async () => void (await Promise.all([writer, ...readers].map((one) => one.destroy()))),
  };
}

function inFrontOf(writer: Knex, readers: readonly Knex[]): Knex {
  const front = knex({ client: 'pg' });
  const reader = () => readers[randomInt(readers.length)] ?? writer;
  front.client.runner = (builder: Knex.QueryBuilder) =>
    (isWrite(builder) ? writer : reader()).client.runner(builder);
  front.client.transaction = (...args: unknown[]) => writer.client.transaction(...args);
  return front;
}

function isWrite(builder: Knex.QueryBuilder): boolean {
  return [builder.toSQL()].flat().some(({ method }) => WRITES.includes(method));
}
