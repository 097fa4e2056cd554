import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { RoundRobinBalancer } from '../../../src/balancer/round-robin.balancer.js';
import { nestContext, openContext } from '../../../src/context/context.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import type { EngineState, EngineStateKind } from '../../../src/engines/engine-state.js';
import { SlavesUnavailableError } from '../../../src/errors.js';
import type { Health } from '../../../src/health/health.js';
import { Waiters } from '../../../src/health/waiters.js';
import type { MasterBudgetOptions } from '../../../src/options/health-options.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';
import { NoSlave } from '../../../src/routing/no-slave.js';
import { Decider } from '../../../src/routing/decider.js';

const READ = { intent: 'read', engine: undefined, consistency: 'session', builder: {} } as const;
const RULES = { engineForRead: undefined, reads: 'slaves', consistency: 'session' } as const;
const OUT: EngineStateKind[] = ['lagging', 'slow', 'down', 'foreign', 'draining'];

const stateOf = (kind: EngineStateKind) =>
  ({ kind, since: new Date(), because: 'x', share: 1 / 16 }) as unknown as EngineState;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Health that never tells of a slave that returns; who waits for one looks again. */
function silentHealth(): Health {
  const waiters = new Waiters(SYSTEM_CLOCK);
  return { need() {}, slaveReturns: (withinMs: number) => waiters.wait(withinMs) } as unknown as Health;
}

function deciderOf(engines: EngineRegistry, budget: MasterBudget, health: Health | undefined): Decider {
  return new Decider({
    engines,
    balancer: new RoundRobinBalancer(() => 0),
    rules: RULES,
    slavePer: 'context',
    freshness: undefined,
    clientsByPosition: false,
    budget,
    noSlave: new NoSlave({ engines, budget, health }),
    health,
  });
}

/** Two slaves in the states given, and a budget on the clock of the fake timers. */
function routed(states: readonly [EngineStateKind, EngineStateKind], options: MasterBudgetOptions = {}) {
  const master = stubEngine('master', 'master');
  const slaves = ['a', 'b'].map((name) => stubEngine(name));
  const engines = new EngineRegistry(master, slaves, {
    balancing: true,
    createSlave: () => master,
    watched: false,
    clock: SYSTEM_CLOCK,
  });
  const become = (at: number, kind: EngineStateKind) => engines.setState(slaves[at]!, stateOf(kind));
  states.forEach((kind, at) => become(at, kind));
  const budget = new MasterBudget(
    resolveMasterBudget(options),
    clockAt(() => Date.now()),
  );
  const router = deciderOf(engines, budget, silentHealth());
  const context = openContext('job', { balanced: true });
  const read = async (query: Partial<Parameters<Decider['decide']>[0]> = {}, within = context) => {
    const { engine, reason } = await router.decide({ ...READ, ...query }, within);
    return `${engine.name} ${reason}`;
  };
  return { read, become, context };
}

const NOTHING_LEFT = { perSecond: 0 };

describe('a slave that is out', () => {
  it.each(OUT)('gets no read that is free to choose: %s', async (kind) => {
    const { read } = routed([kind, 'up']);
    expect(await read()).toBe('b balanced');
  });

  it.each<EngineStateKind>(['unknown', 'up', 'returning'])('is none of them while it is %s', async (kind) => {
    const { read } = routed([kind, 'down']);
    expect(await read()).toBe('a balanced');
  });

  it('is left by a piece of work that read there before', async () => {
    const { read, become } = routed(['up', 'up']);
    expect(await read()).toBe('a balanced');
    become(0, 'down');
    expect([await read(), await read()]).toEqual(['b balanced', 'b balanced']);
  });

  it.each<EngineStateKind>(['down', 'foreign', 'draining'])(
    'is not read from by a query or scope that names it: %s',
    async (kind) => {
      const { read, context } = routed([kind, 'up']);
      expect(await read({ engine: 'a' })).toBe('b balanced');
      expect(await read({}, nestContext(context, { scope: 'a' }))).toBe('b balanced');
    },
  );

  it.each<EngineStateKind>(['lagging', 'slow'])('is read from by whoever names it: %s', async (kind) => {
    const { read, context } = routed([kind, 'up']);
    expect(await read({ engine: 'a' })).toBe('a query');
    expect(await read({}, nestContext(context, { scope: 'a' }))).toBe('a scope');
  });
});

describe('where no slave may serve', () => {
  it('the master does', async () => {
    expect(await routed(['down', 'lagging']).read()).toBe('master no-slave');
  });

  it('the master does whatever its budget is where no slaves are configured at all', async () => {
    const master = stubEngine('master', 'master');
    const engines = new EngineRegistry(master, [], {
      balancing: false,
      createSlave: () => master,
      watched: false,
      clock: SYSTEM_CLOCK,
    });
    const budget = new MasterBudget(resolveMasterBudget({ perSecond: 0 }), SYSTEM_CLOCK);
    const router = deciderOf(engines, budget, undefined);
    const decided = router.decide(READ, openContext('job', { balanced: true }));
    expect(decided).toEqual({ engine: master, reason: 'no-slave' });
  });

  it('a wish for any slave, or for one that is down, ends there as well', async () => {
    const { read, context } = routed(['down', 'lagging']);
    expect(await read({ engine: 'slave' })).toBe('master no-slave');
    expect(await read({ engine: 'a' })).toBe('master no-slave');
    expect(await read({}, nestContext(context, { scope: 'slave' }))).toBe('master no-slave');
  });

  it('a read beyond the budget is refused, with what the slaves are doing', async () => {
    const { read } = routed(['down', 'lagging'], NOTHING_LEFT);
    await expect(read()).rejects.toBeInstanceOf(SlavesUnavailableError);
    await expect(read()).rejects.toThrow('(a is down, b is lagging)');
    await expect(read()).rejects.toMatchObject({ retryAfterSeconds: 1 });
  });

  it("writes, and reads that others force to the master, don't ask the budget", async () => {
    const { read } = routed(['down', 'down'], NOTHING_LEFT);
    expect(await read({ intent: 'write' })).toBe('master write');
    expect(await read({ engine: 'master' })).toBe('master query');
  });

  it('a stranger with a master param gets a slave where the budget is spent, and the master before', async () => {
    const { read, context } = routed(['up', 'up'], { perSecond: 1 });
    const asked = nestContext(context, { handler: { engine: 'master', reason: 'master-param' } });
    expect([await read({}, asked), await read({}, asked)]).toEqual(['master master-param', 'a balanced']);
  });

  it.each<EngineStateKind>(['lagging', 'slow'])(
    "a slave that is %s serves, and says so, with otherwise: 'stale'",
    async (kind) => {
      const { read } = routed(['down', kind], { ...NOTHING_LEFT, otherwise: 'stale' });
      expect(await read()).toBe('b stale');
    },
  );

  it("it is refused with otherwise: 'stale' where none is merely late", async () => {
    const { read } = routed(['down', 'foreign'], { ...NOTHING_LEFT, otherwise: 'stale' });
    await expect(read()).rejects.toBeInstanceOf(SlavesUnavailableError);
  });

  it("it waits for a slave with otherwise: 'wait'", async () => {
    const { read, become } = routed(['down', 'down'], { ...NOTHING_LEFT, otherwise: 'wait' });
    const reading = read();
    await jest.advanceTimersByTimeAsync(200);
    become(1, 'returning');
    await jest.advanceTimersByTimeAsync(100);
    expect(await reading).toBe('b balanced');
  });

  it("it waits for the budget as well with otherwise: 'wait'", async () => {
    const { read } = routed(['down', 'down'], { perSecond: 2, otherwise: 'wait' });
    expect([await read(), await read()]).toEqual(['master no-slave', 'master no-slave']);
    const reading = read();
    await jest.advanceTimersByTimeAsync(550);
    expect(await reading).toBe('master no-slave');
  });

  it('it waits for so long, and is refused then', async () => {
    const { read } = routed(['down', 'down'], { ...NOTHING_LEFT, otherwise: 'wait', waitMs: 300 });
    const refused = expect(read()).rejects.toBeInstanceOf(SlavesUnavailableError);
    const startMs = Date.now();
    await jest.runAllTimersAsync();
    await refused;
    expect(Date.now() - startMs).toBe(300);
  });
});

describe('a wish that lapses', () => {
  const wrote = (context: ReturnType<typeof openContext>) => void (context.work.wrote = true);

  it('leaves what the other rules say: who wrote reads from the master', async () => {
    const { read, context } = routed(['down', 'up']);
    const onA = nestContext(context, { scope: 'a' });
    expect(await read({}, onA)).toBe('b balanced');
    wrote(context);
    expect(await read({}, onA)).toBe('master wrote');
    expect(await read({ engine: 'a' }, context)).toBe('master wrote');
  });

  it('is a master param beyond the budget', async () => {
    const { read, context } = routed(['up', 'down'], NOTHING_LEFT);
    const asked = nestContext(context, { handler: { engine: 'master', reason: 'master-param' } });
    expect(await read({}, asked)).toBe('a balanced');
    wrote(context);
    expect(await read({}, asked)).toBe('master wrote');
  });
});
