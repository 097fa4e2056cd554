import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stubEngine } from '../engines/stub-engine.js';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { openContext } from '../../../src/context/context.js';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { OtherSlave } from '../../../src/dispatch/other-slave.js';
import type { Dispatched } from '../../../src/dispatch/dispatched.js';
import { RoundRobinBalancer } from '../../../src/balancer/round-robin.balancer.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { SlavesUnavailableError } from '../../../src/errors.js';
import type { MasterBudgetOptions } from '../../../src/options/health-options.js';
import type { Mode } from '../../../src/options/mode.js';
import { optionsFromEnv } from '../../../src/options/options-from-env.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import { ByMode } from '../../../src/routing/by-mode.js';
import { Decider } from '../../../src/routing/decider.js';
import type { Decision } from '../../../src/routing/decision.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';
import { ModeSwitch } from '../../../src/routing/mode-switch.js';
import { NoSlave } from '../../../src/routing/no-slave.js';
import { createRoutingEvents } from '../../../src/routing/routing-events.js';
import { type RecordedEngines, recordEngines } from '../../../src/testing/index.js';

const NO_LOG = { debug() {}, warn() {} };

let engines: RecordedEngines;
let routing: DatabaseRouting;
let decisions: string[];
let warned: string[];

function create(mode?: Mode) {
  engines = recordEngines({ slaves: 2 });
  warned = [];
  const logger = { debug() {}, warn: (line: string) => void warned.push(line) };
  routing = createDatabaseRouting({ ...engines.options, logger, ...(mode && { mode }) });
  decisions = [];
  routing.events.on('decision', ({ engine, reason }) => decisions.push(`${engine} ${reason}`));
}

const read = () => routing.run(() => routing.knex('posts').select());
const reached = () => engines.queries.map(({ engine }) => engine);

beforeEach(() => create());
afterEach(() => routing.destroy());

describe("mode = 'master'", () => {
  it('sends the next read to the master, and back on to a slave', async () => {
    await read();
    routing.mode = 'master';
    await read();
    routing.mode = 'on';
    await read();
    expect(decisions).toEqual([
      expect.stringMatching(/^slave\d balanced$/),
      'master mode',
      expect.stringMatching(/^slave\d balanced$/),
    ]);
    expect(reached()[1]).toBe('master');
  });

  it('holds from the start as an option, and as a variable', async () => {
    expect(optionsFromEnv({ DATABASE_MODE: 'master' })).toMatchObject({ mode: 'master' });
    await routing.destroy();
    create('master');
    await read();
    expect(decisions).toEqual(['master mode']);
    expect(warned).toEqual(["The mode is 'master': everything runs on the master"]);
  });

  it('holds for what names a slave: a query, a scope, a Knex, a read-only transaction', async () => {
    routing.mode = 'master';
    const { knex } = routing;
    await routing.run(async () => {
      await knex('posts').select().usingEngine('slave1');
      await knex('posts').select().usingEngine('slave');
      await knex.usingEngine('slave1', () => knex('posts').select());
      await routing.usingEngine('slave1')('posts').select();
      await routing.usingEngine('slave')('posts').select();
      await knex.transaction((trx) => trx('posts').select(), { readOnly: true });
      await routing.usingEngine('slave1').transaction((trx) => trx('posts').select(), { readOnly: true });
    });
    expect(new Set(reached())).toEqual(new Set(['master']));
    expect(new Set(decisions)).toEqual(new Set(['master mode', 'master transaction']));
    expect(routing.slave().name).toBe('master');
  });

  it("leaves an engine's own Knex alone, which nothing routes", async () => {
    routing.mode = 'master';
    await routing.engines.find('slave1')!.knex('posts').select();
    expect(reached()).toEqual(['slave1']);
  });

  it('refuses a write on a Knex that names a slave as before', async () => {
    routing.mode = 'master';
    await expect(routing.usingEngine('slave1')('posts').insert({ title: 'x' })).rejects.toMatchObject({
      code: 'DATABASE_ROUTING_WRITE_ON_SLAVE',
    });
    expect(engines.queries).toEqual([]);
  });

  it('keeps the reasons of what runs on the master anyway', async () => {
    routing.mode = 'master';
    await routing.knex('posts').select();
    await routing.run(async () => {
      await routing.knex('posts').insert({ title: 'x' });
      await routing.knex('posts').select();
      await routing.knex('posts').select().usingEngine('master');
    });
    expect(decisions).toEqual(['master no-context', 'master write', 'master wrote', 'master query']);
  });

  it('lets end on a slave what is on its way there, and a transaction that began there', async () => {
    engines.answer('posts', () => {
      routing.mode = 'master';
      return [{ id: 1 }];
    });
    expect(await read()).toEqual([{ id: 1 }]);
    routing.mode = 'on';
    await routing.run(() =>
      routing.knex.transaction(
        async (trx) => {
          await trx('users').select();
          routing.mode = 'master';
          await trx('users').select();
        },
        { readOnly: true },
      ),
    );
    await read();
    expect(reached().map((engine) => engine.replace(/\d/, ''))).toEqual([
      'slave',
      'slave',
      'slave',
      'master',
    ]);
  });

  it('is told by a log line and an event, once for each change', () => {
    const heard: unknown[] = [];
    routing.events.on('mode', (change) => heard.push(change));
    routing.mode = 'master';
    routing.mode = 'master';
    routing.mode = 'on';
    expect(heard).toEqual([
      { from: 'on', to: 'master' },
      { from: 'master', to: 'on' },
    ]);
    expect(warned).toEqual([
      "The mode went from 'on' to 'master': everything runs on the master from now on",
      "The mode went from 'master' to 'on': reads go where the rules send them from now on",
    ]);
  });

  it('is shown by status() and foreseen by explain()', () => {
    routing.mode = 'master';
    expect(routing.status()).toMatchObject({ mode: 'master' });
    const told = (query: Parameters<typeof routing.explain>[0]) => routing.run(() => routing.explain(query));
    expect(told(routing.knex('posts').select())).toMatchObject({ engine: 'master', reason: 'mode' });
    expect(told(routing.usingEngine('slave1')('posts').select())).toMatchObject({ reason: 'mode' });
    expect(told(routing.usingEngine('slave1')('posts').insert({}))).toMatchObject({ engine: 'slave1' });
  });

  it('takes no other word, and stays as it was', () => {
    expect(() => (routing.mode = 'off' as Mode)).toThrow(
      "mode must be one of 'on', 'shadow', 'master', got 'off'",
    );
    expect(routing.mode).toBe('on');
  });
});

/** A master and a slave that is up, with a budget. */
function byMode(budgetOptions: MasterBudgetOptions) {
  const master = stubEngine('master', 'master');
  const slave = stubEngine('slave1');
  const registry = new EngineRegistry(master, [slave], {
    balancing: true,
    createSlave: () => slave,
    watched: false,
    clock: SYSTEM_CLOCK,
  });
  const budget = new MasterBudget(resolveMasterBudget(budgetOptions), SYSTEM_CLOCK);
  const looks: (() => void)[] = [];
  const slaveReturns = () => new Promise<boolean>((resolve) => looks.push(() => resolve(false)));
  const noSlave = new NoSlave({ engines: registry, budget, health: { slaveReturns } as never });
  const decider = new Decider({
    engines: registry,
    balancer: new RoundRobinBalancer(() => 0),
    rules: { engineForRead: undefined, reads: 'slaves', consistency: 'session' },
    slavePer: 'context',
    freshness: undefined,
    clientsByPosition: false,
    budget,
    noSlave,
    health: undefined,
  });
  const mode = new ModeSwitch('master', NO_LOG, createRoutingEvents(NO_LOG));
  const gate = new ByMode({ engines: registry, budget, noSlave, mode, decider });
  return { gate, mode, master, slave, looks };
}

const READ = { intent: 'read', engine: undefined, consistency: 'session', builder: {} } as const;
const job = () => openContext('job', { balanced: true });

describe('masterBudget while the mode is master', () => {
  it('counts, and refuses what is beyond it', () => {
    const { gate, master } = byMode({ perSecond: 1 });
    expect(gate.decide(READ, job())).toEqual({ engine: master, reason: 'mode' });
    expect(() => gate.decide(READ, job())).toThrow(SlavesUnavailableError);
    expect(() => gate.decide(READ, job())).toThrow("routing.mode is 'master'");
    expect(gate.decide({ ...READ, engine: 'master' }, job())).toMatchObject({ reason: 'query' });
  });

  it('serves no stale slave beyond it', () => {
    const { gate } = byMode({ perSecond: 0, otherwise: 'stale' });
    expect(() => gate.decide(READ, job())).toThrow(SlavesUnavailableError);
  });

  it('lets a read wait, and sends it to a slave where the mode is on again meanwhile', async () => {
    const { gate, mode, slave, looks } = byMode({ perSecond: 0, otherwise: 'wait' });
    const waiting = gate.decide(READ, job()) as Promise<Decision>;
    mode.turn('on');
    looks[0]!();
    expect(await waiting).toEqual({ engine: slave, reason: 'balanced' });
  });

  it('says nothing in shadow mode', () => {
    const { gate, mode, master } = byMode({ perSecond: 0 });
    mode.turn('shadow');
    expect(gate.decide(READ, job())).toEqual({ engine: master, reason: 'mode' });
  });
});

describe('a read that waited while the mode changed', () => {
  it('runs on the master, whichever slave it waited for', async () => {
    const { gate, mode, slave, master } = byMode({});
    mode.turn('on');
    const waited = gate.checked(Promise.resolve({ engine: slave, reason: 'bookmark' }), READ, job());
    mode.turn('master');
    expect(await waited).toEqual({ engine: master, reason: 'mode' });
  });

  it('is not asked of a second slave', async () => {
    const { mode, slave } = byMode({});
    const other = stubEngine('slave2');
    const registry = { eligibleSlaves: () => [slave, other] } as unknown as EngineRegistry;
    const balancer = new RoundRobinBalancer(() => 0);
    const others = new OtherSlave({ engines: registry, balancer, freshness: undefined, mode, waitMs: 20 });
    const late = {
      engine: slave,
      query: { facts: READ, context: job() },
      tracked: false,
    } as unknown as Dispatched;
    expect(await others.than(late)).toBeUndefined();
    mode.turn('on');
    expect(await others.than(late)).toBe(other);
  });
});
