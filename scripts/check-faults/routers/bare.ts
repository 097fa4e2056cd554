import type { Servers } from '../../common/servers.js';
import type { RouterUnderFault } from './router-under-fault.js';
import { watchedKnex } from './watched-knex.js';

/** What one has before anything is built: a Knex for reads on the first slave, and another for writes. */
export async function startBare(
  { master, slaves }: Servers,
  onSent: (engine: string) => void,
): Promise<RouterUnderFault> {
  const [[name, connection] = ['master', master]] = Object.entries(slaves);
  const knexes = {
    reads: watchedKnex(name, connection, onSent),
    writes: watchedKnex('master', master, onSent),
  };
  return {
    session: () => ({ context: (work) => work(knexes) }),
    isOut: () => false,
    masterNow: () => 'master',
    close: async () => void (await Promise.all([knexes.reads.destroy(), knexes.writes.destroy()])),
  };
}
