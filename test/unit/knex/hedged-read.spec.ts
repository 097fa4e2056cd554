import { describe, expect, it, jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { openContext } from '../../../src/context/context.js';
import type { Dispatched } from '../../../src/dispatch/dispatched.js';
import { Hedging } from '../../../src/dispatch/hedging.js';
import type { OtherSlave } from '../../../src/dispatch/other-slave.js';
import type { Engine } from '../../../src/engines/engine.js';
import { HeldConnections } from '../../../src/knex/held-connections.js';
import { HedgedRead } from '../../../src/knex/hedged-read.js';
import type { Asked } from '../../../src/knex/asked.js';
import type { KnexTools } from '../../../src/knex/knex-parts.js';
import type { KnexConnection } from '../../../src/knex-internals.js';
import type { DecisionAnnouncer } from '../../../src/routing/decision-announcer.js';
import { stubEngine } from '../engines/stub-engine.js';

type Done = (error: Error | null, answer: unknown) => void;

/** A connection of pg's that answers when it is told to. */
class StubConnection {
  static readonly Query = class {
    prepare() {}
    _getRows() {}
  };
  readonly connection = { stream: { destroy: jest.fn() } };
  answer: Done = () => undefined;

  query(_query: string | object, done: Done): void {
    this.answer = done;
  }
}

const broken = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
const own = () => Object.assign(new Error('division by zero'), { code: '22012' });
/** Lets what was promised come. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function engineWith(name: string): { engine: Engine; connection: StubConnection; back: string[] } {
  const connection = new StubConnection();
  const back: string[] = [];
  const client = {
    acquireConnection: async () => connection,
    releaseConnection: async () => void back.push(name),
  };
  return { engine: stubEngine(name, 'slave', { knex: { client } as never }), connection, back };
}

function setUp() {
  const [one, other] = [engineWith('slave1'), engineWith('slave2')];
  const noted: string[] = [];
  const hedges: object[] = [];
  const held = new HeldConnections();
  const announcer = { hedged: (hedge: object) => void hedges.push(hedge) } as unknown as DecisionAnnouncer;
  const others = { mayBe: true, than: async () => other.engine } as unknown as OtherSlave;
  const hedging = new Hedging({ others, announcer, clock: SYSTEM_CLOCK });
  const retries = { note: ({ engine }: { engine: Engine }) => void noted.push(engine.name) };
  const tracker = { demand: () => 'nothing' };
  const parts = { hedging, held, retries, tracker, misses: {} } as unknown as KnexTools;
  const context = openContext('job', { balanced: true });
  context.work.slave = 'slave1';
  const classification = { intent: 'read' };
  const query = { context, classification, movable: true, facts: {} };
  const dispatched = { query, engine: one.engine, role: 'slave', isChosen: true } as unknown as Dispatched;
  const run = {
    asked: { dispatched, connection: one.connection as KnexConnection, guard: undefined } as Asked,
    movesTo: (asked: Asked) => void (run.asked = asked),
    noted: () => noted.push('slave1'),
  };
  const read = new HedgedRead(run, dispatched, hedging.watches(dispatched)!, parts);
  const answers: unknown[] = [];
  const knexQuery: { sql: string; engine?: string } = { sql: 'select 1', engine: 'slave1' };
  const send = async () => {
    one.engine.inFlight++;
    held.took(one.connection as KnexConnection, one.engine, read);
    read.on(one.connection as KnexConnection, knexQuery);
    read.query({ text: 'select 1' }, (error, answer) => answers.push(error?.message ?? answer));
  };
  const sendLate = async () => {
    await send();
    read.isLate();
    await settled();
  };
  return { one, other, read, run, send, sendLate, answers, hedges, noted, hedging, context, knexQuery };
}

describe('a read that is late', () => {
  it("is answered by the second slave, and gives the first one's connection back when that has answered too", async () => {
    const { one, other, read, run, sendLate, answers, hedges, context, knexQuery } = setUp();
    await sendLate();
    expect(hedges).toEqual([{ engine: 'slave1', other: 'slave2', wasSent: true }]);
    other.connection.answer(null, 'second');
    read.ends();
    expect(answers).toEqual(['second']);
    expect(run.asked.dispatched.engine).toBe(other.engine);
    expect([knexQuery.engine, context.work.slave]).toEqual(['slave2', 'slave2']);
    expect(one.engine.inFlight).toBe(1); // least-busy counts it
    one.connection.answer(null, 'first');
    expect([answers, one.back, one.engine.inFlight]).toEqual([['second'], ['slave1'], 0]);
  });

  it("is answered by the first slave where that is sooner after all, and gives the second one's connection back", async () => {
    const { one, other, read, run, sendLate, answers } = setUp();
    await sendLate();
    one.connection.answer(null, 'first');
    read.ends();
    expect([answers, run.asked.dispatched.engine]).toEqual([['first'], one.engine]);
    other.connection.answer(null, 'second');
    expect([answers, other.back, other.engine.inFlight]).toEqual([['first'], ['slave2'], 0]);
  });

  it('waits for the first slave where the second one fails, and health hears of it', async () => {
    const { one, other, sendLate, answers, noted } = setUp();
    await sendLate();
    other.connection.answer(broken(), undefined);
    expect([answers, noted, other.back]).toEqual([[], ['slave2'], ['slave2']]);
    one.connection.answer(null, 'first');
    expect(answers).toEqual(['first']);
  });

  it('waits for the second slave where the first one breaks, and health hears of it', async () => {
    const { one, other, sendLate, answers, noted } = setUp();
    await sendLate();
    one.connection.answer(broken(), undefined);
    expect(answers).toEqual([]);
    other.connection.answer(null, 'second');
    expect([answers, noted, one.back]).toEqual([['second'], ['slave1'], ['slave1']]);
  });

  it("fails as the first slave did where both fail, and at once where the error is the query's own", async () => {
    const both = setUp();
    await both.sendLate();
    both.one.connection.answer(broken(), undefined);
    both.other.connection.answer(own(), undefined);
    expect(both.answers).toEqual(['Connection terminated unexpectedly']);
    const itsOwn = setUp();
    await itsOwn.sendLate();
    itsOwn.one.connection.answer(own(), undefined);
    expect(itsOwn.answers).toEqual(['division by zero']);
  });

  it('goes to the second slave alone where the first one has no connection yet', async () => {
    const { one, other, read, run, hedges } = setUp();
    let comes: (connection: KnexConnection) => void = () => undefined;
    one.engine.inFlight++;
    const connected = read.connected(new Promise((resolve) => (comes = resolve)));
    read.isLate();
    expect(await connected).toBe(other.connection);
    expect([run.asked.dispatched.engine, hedges]).toEqual([
      other.engine,
      [{ engine: 'slave1', other: 'slave2', wasSent: false }],
    ]);
    comes(one.connection as KnexConnection);
    await settled();
    expect([one.back, one.engine.inFlight]).toEqual([['slave1'], 0]);
  });

  it('is not asked twice where its run has ended meanwhile', async () => {
    const { other, read, send, hedges } = setUp();
    await send();
    read.isLate();
    read.ends();
    await settled();
    expect([hedges, other.engine.inFlight]).toEqual([[], 0]);
  });

  it('has its connection closed where its set ends before the slave answers', async () => {
    const { one, other, sendLate, hedging } = setUp();
    await sendLate();
    other.connection.answer(null, 'second');
    expect(one.connection.connection.stream.destroy).not.toHaveBeenCalled();
    hedging.stop();
    expect(one.connection.connection.stream.destroy).toHaveBeenCalled();
    one.connection.answer(broken(), undefined); // as the driver says it
    expect(one.back).toEqual(['slave1']);
  });

  it('tells where else it runs, for a cancel, until it has an answer', async () => {
    const { other, read, sendLate } = setUp();
    await sendLate();
    expect(read.askedToo).toBe(other.connection);
    other.connection.answer(null, 'second');
    expect(read.askedToo).toBeUndefined();
  });
});
