// One figure of `npm run bench -- gain`: what people get who write and read through the router that the variant names.
import { setTimeout as sleepMs } from 'node:timers/promises';
import { ask, settings, tell, variant } from './alternate.js';
import { NoAnswer, withinDeadline } from './deadline.js';
import { routerNamed } from './routers/routers.js';

const { servers, seconds, fault } = settings();
const PEOPLE = 8; // even, so that readers read a writer's row
const PAUSE_MS = 5;
const READS_PER_WRITE = 4;

// what libraries tell the console is none of the benchmark's output
console.error = console.warn = console.log = () => {};

const router = await routerNamed(variant);
const access = await router.routed(servers);
const masterPort = servers.master.port;
const count = {
  reads: 0,
  onSlaves: 0,
  ownReads: 0,
  stale: 0,
  requests: 0,
  failed: 0,
  unanswered: 0,
  crashes: 0,
};
const causes = {};
let longestMs = 0;
let counting = false;
const end = new AbortController();

/** Without these the process would be gone, and with it all that its other requests were about to get. */
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    count.crashes++;
    cause(`${event}: ${error.message}`);
  });
}

function cause(message) {
  const key = message.slice(0, 80);
  causes[key] = (causes[key] ?? 0) + 1;
}

/** Half of them write one row, each a row of their own, and read it and another's; the others only read. */
class Person {
  bookmark = undefined;
  written = 0;

  constructor(id) {
    this.id = id;
  }

  async live() {
    for (let turn = 0; !end.signal.aborted; turn++) {
      const writes = this.id % 2 === 1 && turn % (READS_PER_WRITE + 1) === 0;
      await this.request(() => (writes ? this.write() : this.look()));
      await sleepMs(PAUSE_MS);
    }
  }

  async request(work) {
    const startMs = performance.now();
    if (counting) count.requests++;
    try {
      await withinDeadline(access.request(this, work));
    } catch (error) {
      // what is still without an answer at the end is not counted: nobody knows
      if (counting && !end.signal.aborted) this.failed(error);
    }
    if (counting && !end.signal.aborted) longestMs = Math.max(longestMs, performance.now() - startMs);
  }

  failed(error) {
    if (error instanceof NoAnswer) count.unanswered++;
    else count.failed++;
    cause(error.message);
  }

  async write() {
    const version = Math.max(this.written + 1, Date.now());
    await access.write(this.id, version);
    this.written = version;
  }

  async look() {
    const expected = this.written;
    const own = await this.read(this.id);
    if (counting && expected > 0) count.ownReads++;
    if (counting && own.version < expected) count.stale++;
    await this.read((this.id % PEOPLE) + 1);
  }

  async read(id) {
    const row = await access.read(id);
    if (counting) count.reads++;
    if (counting && row.port !== masterPort) count.onSlaves++;
    return row;
  }
}

const people = Array.from({ length: PEOPLE }, (_, index) => new Person(index + 1));
const lives = people.map((person) => person.live());
await sleepMs(Math.min(1_000, seconds * 1_000));
counting = true;
if (fault) await ask(fault);
const faultMs = performance.now();
await sleepMs(seconds * 1_000);
const perSecond = count.requests / ((performance.now() - faultMs) / 1_000);
end.abort();
await Promise.race([Promise.allSettled(lives), sleepMs(1_000)]);
tell({ ...count, perSecond, longestMs, causes });
