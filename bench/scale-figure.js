// One figure of `npm run bench -- scale`; the variant is `<what>:<balancer or kind>:<engines>`.
import { createDatabaseRouting } from 'nestjs-database-routing';
import { openContext } from '../dist/esm/context/context.js';
import { settings, tell, variant } from './alternate.js';
import { BoundedClient } from './bounded-client.js';
import { StubClient, stubEngines } from './stub-client.js';

const [what, kind, count] = variant.split(':');
const engines = Number(count);
const { share, decisions, connections, readersPerSlave } = settings();
const QUERY = { intent: 'read', engine: undefined, consistency: 'session', builder: undefined };

async function routingWith(slaves, more = {}, client = StubClient) {
  const routing = createDatabaseRouting({ ...stubEngines(slaves, client), ...more });
  await routing.ready();
  await routing.asked();
  const serving = routing.engines.eligibleSlaves().length;
  if (serving !== slaves) throw new Error(`${serving} of ${slaves} slaves serve`);
  return routing;
}

/** Reads per second with every engine busy all the time, one read per context. */
async function reads() {
  const pool = { min: 0, max: connections };
  const routing = await routingWith(engines, { balancer: kind, pool }, BoundedClient);
  const read = () => routing.run(() => routing.knex('posts').where({ id: 1 }).first());
  let done = 0;
  const end = new AbortController();
  const reader = async () => {
    for (; !end.signal.aborted; done++) await read();
  };
  const readers = Array.from({ length: readersPerSlave * engines }, reader);
  const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000 * share));
  await wait(1);
  const [before, startMs] = [done, performance.now()];
  await wait(3);
  const perSecond = ((done - before) / (performance.now() - startMs)) * 1_000;
  end.abort();
  await Promise.all(readers);
  return perSecond;
}

/** ns per decision, each in a context of its own; `bookmark` for a client that has seen a position. */
async function decision() {
  const [balancer, seen] = kind.split('+');
  const routing = await routingWith(engines - 1, { balancer });
  const decide = () => {
    const context = openContext('job', { balanced: true });
    if (seen) context.work.seen.position = 1n;
    return routing.parts.decider.decide(QUERY, context);
  };
  const usual = Math.ceil(500_000 * share);
  for (let i = 0; i < usual / 2; i++) decide();
  const start = process.hrtime.bigint();
  for (let i = 0; i < usual; i++) decide();
  return Number(process.hrtime.bigint() - start) / usual;
}

/** Bytes of heap for each unit of work that waits for something, after what its kind says. */
async function memory() {
  const routing = await routingWith(engines - 1);
  const [side, busy] = kind.split('+');
  const db = side === 'routed' ? routing.knex : routing.engines.master.knex;
  const run = side === 'routed' ? (work) => routing.run(work) : (work) => work();
  let release;
  const gate = new Promise((resolve) => (release = resolve));
  const work = async () => {
    if (busy) {
      await db('posts').where({ id: 1 }).first();
      await db('posts').insert({ title: 'a' });
    }
    await gate;
  };
  const hold = async (units) => {
    const held = [];
    // not more at once than pools and queues hold
    for (let i = 0; i < units; i++) {
      held.push(run(work));
      if (i % 10 === 9) await new Promise(setImmediate);
    }
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    return held;
  };
  const units = Math.ceil(20_000 * share);
  const warm = await hold(units / 10);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const held = await hold(units);
  globalThis.gc();
  const perUnit = (process.memoryUsage().heapUsed - before) / units;
  release();
  await Promise.all([...warm, ...held]);
  return perUnit;
}

/** MB of heap that so many routed reads leave behind. */
async function heap() {
  const routing = await routingWith(engines - 1);
  const read = () => routing.run(() => routing.knex('posts').where({ id: 1 }).first());
  for (let i = 0; i < 20_000 * share; i++) await read();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < decisions; i++) await read();
  globalThis.gc();
  return (process.memoryUsage().heapUsed - before) / 1e6;
}

tell(await { reads, decision, memory, heap }[what]());
