import { createDatabaseRouting } from 'nestjs-database-routing';
import { SILENT, plainKnex, readWith, writeWith } from './plain-knex.js';

export const name = 'ours';
export const packages = ['knex'];
export const plain = plainKnex;

/** `more`: options of routing's own, and by slave. */
export async function routed({ master, slaves }, { slaveOptions = {}, ...more } = {}) {
  const engines = Object.entries(slaves).map(([slave, connection]) => [
    slave,
    { connection: { ...connection }, ...slaveOptions[slave] },
  ]);
  const routing = createDatabaseRouting({
    client: 'pg',
    pool: { min: 0, max: 10 },
    log: SILENT,
    master: { connection: { ...master } },
    slaves: Object.fromEntries(engines),
    bookmark: { secret: 'x'.repeat(32) },
    ...more,
  });
  let hedged = 0;
  routing.events.on('hedge', ({ wasSent }) => (hedged += wasSent ? 1 : 0));
  await routing.ready();
  await routing.asked();
  return {
    read: (id) => readWith(routing.knex, id),
    write: (id, version) => writeWith(routing.knex, id, version),
    /** What a person has seen goes with them from request to request, as the cookie does in an app. */
    request: (person, work) =>
      routing.run({ bookmark: person.bookmark }, async () => {
        try {
          return await work();
        } finally {
          person.bookmark = (await routing.bookmark()) ?? person.bookmark;
        }
      }),
    /** How many reads were asked of a second slave as well, so far. */
    hedged: () => hedged,
    /** Without a person: a request that nobody has seen anything before. */
    run: (work) => routing.run(work),
  };
}
