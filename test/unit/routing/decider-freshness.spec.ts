import { beforeEach, describe, expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { RoundRobinBalancer } from '../../../src/balancer/round-robin.balancer.js';
import { type Context, nestContext, openContext } from '../../../src/context/context.js';
import { see } from '../../../src/context/seen.js';
import type { Engine } from '../../../src/engines/engine.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import type { FoundSlave, Freshness } from '../../../src/freshness/freshness.js';
import type { Health } from '../../../src/health/health.js';
import type { QueryFacts, RoutingRules } from '../../../src/routing/choose.js';
import { Decider } from '../../../src/routing/decider.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';
import { NoSlave } from '../../../src/routing/no-slave.js';
import { stubEngine } from '../engines/stub-engine.js';

const READ: QueryFacts = { intent: 'read', engine: undefined, consistency: 'session', builder: {} };
const WRITE: QueryFacts = {
  ...READ,
  intent: 'write',
  builder: { _method: 'insert', _single: { insert: { title: 'A' } }, _statements: [] },
};
const TRANSACTION: QueryFacts = { ...WRITE, builder: undefined };
const RULES: RoutingRules = { engineForRead: undefined, reads: 'slaves', consistency: 'session' };

/** Freshness that answers as the test says, and keeps what it was asked. */
class ToldFreshness {
  found: FoundSlave;
  readonly asked: string[] = [];

  forClient(_context: Context, kept: Engine | undefined, stays: boolean): FoundSlave {
    this.asked.push(`forClient ${kept?.name ?? 'none'} ${stays ? 'stays' : 'moves'}`);
    return this.found;
  }

  within({ maxLagMs }: { maxLagMs: number }, kept: Engine | undefined): FoundSlave {
    this.asked.push(`within ${maxLagMs} ${kept?.name ?? 'none'}`);
    return this.found;
  }

  hasSeenSlave({ work: { seen } }: Context): boolean {
    return seen.shown !== undefined;
  }

  async leaveSlave(): Promise<void> {
    this.asked.push('leaveSlave');
  }
}

let freshness: ToldFreshness;
let slaves: Engine[];
let needed: number;

beforeEach(() => {
  freshness = new ToldFreshness();
  slaves = ['a', 'b'].map((name) => stubEngine(name));
  for (const { servers } of slaves) servers.heard('1');
  needed = 0;
  freshness.found = slaves[1];
});

interface DeciderChange {
  clientsByPosition?: boolean;
  perSecond?: number;
  slavePer?: 'context' | 'query';
}

function decider({
  clientsByPosition = true,
  perSecond = Infinity,
  slavePer = 'context',
}: DeciderChange = {}) {
  const master = stubEngine('master', 'master');
  const createSlave = () => master;
  const engines = new EngineRegistry(master, slaves, {
    balancing: true,
    createSlave,
    watched: false,
    clock: SYSTEM_CLOCK,
  });
  const budget = new MasterBudget(resolveMasterBudget({ perSecond }), SYSTEM_CLOCK);
  const health = { need: () => needed++ } as unknown as Health;
  return new Decider({
    engines,
    balancer: new RoundRobinBalancer(() => 0),
    rules: RULES,
    slavePer,
    freshness: freshness as unknown as Freshness,
    clientsByPosition,
    budget,
    noSlave: new NoSlave({ engines, budget, health }),
    health,
  });
}

const job = () => openContext('job', { balanced: true });

async function decided(one: Decider, facts: QueryFacts, context: Context): Promise<string> {
  const { engine, reason } = await one.decide(facts, context);
  return `${engine.name} ${reason}`;
}

/** A job whose client has seen something on a slave. */
function seenOn(server: string): Context {
  const context = job();
  see(context.work.seen, server);
  return context;
}

describe('a read of a client', () => {
  it('goes to the slave that shows what it has seen, and is kept there', async () => {
    const context = job();
    expect(await decided(decider(), READ, context)).toBe('b balanced');
    expect(context.work.slave).toBe('b');
    expect(freshness.asked).toEqual(['forClient none stays']);
  });

  it('says that a bookmark bound it, where something was seen that narrows the choice', async () => {
    const context = job();
    context.work.seen.position = 1n;
    expect(await decided(decider(), READ, context)).toBe('b bookmark');
    expect(await decided(decider(), READ, seenOn('a@1'))).toBe('b bookmark');
  });

  it('says that it was balanced while it stays on the slave where everything was seen', async () => {
    const context = seenOn('b@1');
    context.work.slave = 'b';
    expect(await decided(decider(), READ, context)).toBe('b balanced');
    expect(freshness.asked).toEqual(['forClient b stays']);
  });

  it('goes to the master where no slave shows it', async () => {
    freshness.found = undefined;
    expect(await decided(decider(), READ, job())).toBe('master bookmark');
  });

  it('gives its slave up after a wait in vain, and goes to the master when that shows what the slave has shown', async () => {
    freshness.found = Promise.resolve(undefined);
    const context = seenOn('b@1');
    context.work.slave = 'b';
    expect(await decided(decider(), READ, context)).toBe('master bookmark');
    expect(context.work.slave).toBeUndefined();
    expect(freshness.asked).toEqual(['forClient b stays', 'leaveSlave']);
  });

  it('takes the slave that came after a wait, and keeps it', async () => {
    freshness.found = Promise.resolve(slaves[0]);
    const context = job();
    expect(await decided(decider(), READ, context)).toBe('a balanced');
    expect(context.work.slave).toBe('a');
  });

  it('may leave the slave that it has seen where each query is balanced', async () => {
    await decided(decider({ slavePer: 'query' }), READ, seenOn('a@1'));
    expect(freshness.asked).toEqual(['forClient none moves']);
  });

  it('asks for no freshness where it is kept by time, or where any slave will do', async () => {
    expect(await decided(decider({ clientsByPosition: false }), READ, job())).toBe('a balanced');
    expect(await decided(decider(), { ...READ, consistency: 'eventual' }, job())).toBe('a balanced');
    expect(freshness.asked).toEqual([]);
  });
});

describe('a read within a bound', () => {
  const bounded: QueryFacts = { ...READ, consistency: { maxLagMs: 200 } };

  it('asks for a slave within it, whatever clients carry', async () => {
    expect(await decided(decider({ clientsByPosition: false }), bounded, job())).toBe('b balanced');
    expect(freshness.asked).toEqual(['within 200 none']);
  });

  it('goes to the master for its consistency where no slave is within it', async () => {
    freshness.found = undefined;
    expect(await decided(decider(), bounded, job())).toBe('master consistency');
  });
});

describe('a query on the master', () => {
  it('waits until the master shows what a slave has shown, if it reads', async () => {
    const strong: QueryFacts = { ...READ, consistency: 'strong' };
    expect(await decided(decider(), strong, seenOn('a@1'))).toBe('master consistency');
    expect(await decided(decider(), TRANSACTION, seenOn('a@1'))).toBe('master write');
    expect(freshness.asked).toEqual(['leaveSlave', 'leaveSlave']);
  });

  it('waits for nothing if it only writes, is a guard of the app, or may be old', async () => {
    const guard = { ...seenOn('a@1'), balanced: false };
    const eventual: QueryFacts = { ...READ, engine: 'master', consistency: 'eventual' };
    expect(await decided(decider(), WRITE, seenOn('a@1'))).toBe('master write');
    expect(await decided(decider(), READ, guard)).toBe('master no-context');
    expect(await decided(decider(), eventual, seenOn('a@1'))).toBe('master query');
    expect(freshness.asked).toEqual([]);
  });

  it('has the engines watched, like any other', async () => {
    const one = decider();
    await decided(one, WRITE, job());
    await decided(one, READ, job());
    expect(needed).toBe(2);
  });
});

describe('a master param', () => {
  const asking = () =>
    nestContext(job(), { handler: { engine: 'master', reason: 'master-param' }, balanced: true });

  it('sends the read to the master within its budget, and is ignored beyond it', async () => {
    const one = decider({ perSecond: 1 });
    expect(await decided(one, READ, asking())).toBe('master master-param');
    expect(await decided(one, READ, asking())).toBe('b balanced');
  });
});

describe('who is asked outside any rule', () => {
  it('names an engine and gets it as fresh as it is, and is not kept there', () => {
    const context = job();
    const one = decider();
    expect(one.decision({ engine: 'a', reason: 'query' }, context)).toMatchObject({ engine: { name: 'a' } });
    expect(context.work.slave).toBeUndefined();
    expect(one.decision({ engine: 'slave', reason: 'scope' }, context)).toMatchObject({ reason: 'scope' });
    expect(context.work.slave).toBe('a');
  });
});
