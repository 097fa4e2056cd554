import { describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';
import { RoundRobinBalancer } from '../../../src/balancer/round-robin.balancer.js';
import type { Consistency } from '../../../src/context/consistency.js';
import { type Context, type HandlerForce, nestContext, openContext } from '../../../src/context/context.js';
import { see } from '../../../src/context/seen.js';
import type { EngineState, EngineStateKind } from '../../../src/engines/engine-state.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import type { Engine } from '../../../src/engines/engine.js';
import { UnknownEngineError } from '../../../src/errors.js';
import type { Freshness } from '../../../src/freshness/freshness.js';
import type { MasterBudgetOptions } from '../../../src/options/health-options.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import type { QueryFacts, RoutingRules } from '../../../src/routing/choose.js';
import { Decider } from '../../../src/routing/decider.js';
import { Foresight } from '../../../src/routing/foresight.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';
import { NoSlave } from '../../../src/routing/no-slave.js';

const READ: QueryFacts = { intent: 'read', engine: undefined, consistency: 'session', builder: {} };

interface Setting {
  states?: Partial<Record<'a' | 'b' | 'c' | 'd', EngineStateKind>>;
  engineForRead?: RoutingRules['engineForRead'];
  budget?: MasterBudgetOptions;
  watched?: boolean;
  sought?: boolean;
  /** How far each slave is known to have replayed; undefined: positions can't be told. */
  replayed?: Record<string, bigint>;
}

/** Four slaves, up unless told otherwise. */
function deciding({ states = {}, engineForRead, budget: given, watched, sought, replayed }: Setting = {}) {
  const clock = clockAt(() => 0);
  const slaves = ['a', 'b', 'c', 'd'].map((name) =>
    Object.defineProperty(stubEngine(name), 'startedAt', { value: '1' }),
  );
  const engines = new EngineRegistry(stubEngine('master', 'master'), slaves, {
    balancing: true,
    createSlave: (name) => stubEngine(name),
    watched: watched ?? false,
    ...(sought !== undefined && { sought }),
    clock,
  });
  for (const slave of slaves) {
    const kind = states[slave.name as 'a'] ?? 'up';
    engines.setState(slave, { kind, since: new Date(), because: 'x' } as EngineState);
  }
  const budget = new MasterBudget(resolveMasterBudget(given), clock);
  const freshness = replayed && {
    replayOf: ({ name }: Engine) => ({ known: replayed[name] ?? 0n }),
    forClient: () => undefined,
    hasSeenSlave: () => false,
  };
  const parts = {
    engines,
    balancer: new RoundRobinBalancer(() => 0),
    rules: { engineForRead, reads: 'slaves', consistency: 'session' } as RoutingRules,
    slavePer: 'context' as const,
    freshness: freshness as unknown as Freshness | undefined,
    clientsByPosition: freshness !== undefined,
    budget,
    noSlave: new NoSlave({ engines, budget, health: undefined }),
    health: undefined,
  };
  const decider = new Decider(parts);
  return { engines, decider, foresight: new Foresight(parts, decider) };
}

const job = (change: Partial<Pick<Context, 'scope' | 'handler'>> = {}) =>
  nestContext(openContext('job', { balanced: true }), change);

/** What is decided, and what is foreseen, which must say the same. */
async function decided(set: ReturnType<typeof deciding>, query: Partial<QueryFacts>, context: Context) {
  const { engine, reason } = set.foresight.of({ ...READ, ...query }, context);
  const decision = await set.decider.decide({ ...READ, ...query }, context);
  expect(reason).toBe(decision.reason);
  expect([decision.engine.name, 'slave']).toContain(engine);
  return `${decision.engine.name} ${decision.reason}`;
}

const BY_CLASS: HandlerForce = { engine: 'd', reason: 'handler' };
const BY_METHOD: HandlerForce = { engine: 'c', reason: 'handler', otherwise: BY_CLASS };

describe('a rule that names an engine which is out of use', () => {
  const everyRule = () => job({ scope: 'b', handler: BY_METHOD });

  it.each<[Setting['states'], string]>([
    [{}, 'a query'],
    [{ a: 'down' }, 'b scope'],
    [{ a: 'down', b: 'foreign' }, 'c handler'],
    [{ a: 'down', b: 'foreign', c: 'draining' }, 'd handler'],
  ])('is skipped alone, and the next one decides: %j', async (states, expected) => {
    expect(await decided(deciding({ states: states! }), { engine: 'a' }, everyRule())).toBe(expected);
  });

  it('is skipped behind a scope that is skipped too: the rule for tables still counts', async () => {
    const set = deciding({ states: { a: 'down', b: 'down' }, engineForRead: () => 'master' });
    expect(await decided(set, { engine: 'a' }, job({ scope: 'b' }))).toBe('master rule');
  });

  it("is skipped as the user's router before the tables are asked", async () => {
    const engineForRead: RoutingRules['engineForRead'] = (_query, _context, skips) =>
      skips('a') ? 'b' : 'a';
    expect(await decided(deciding({ engineForRead }), {}, job())).toBe('a rule');
    expect(await decided(deciding({ engineForRead, states: { a: 'down' } }), {}, job())).toBe('b rule');
  });

  it('leaves what is not proved a read to the master, which its own engine alone would have run', async () => {
    const set = deciding({ states: { a: 'down' } });
    const unproved = { intent: 'unproved', engine: 'a' } as const;
    expect(await decided(set, unproved, job({ scope: 'b' }))).toBe('master write');
  });

  it('leaves a stranger with a master param what the handler says, where the budget is spent', async () => {
    const set = deciding({ budget: { perSecond: 1 } });
    const asking = job({ handler: { engine: 'master', reason: 'master-param', otherwise: BY_METHOD } });
    expect([await decided(set, {}, asking), await decided(set, {}, asking)]).toEqual([
      'master master-param',
      'c handler',
    ]);
  });

  it('is skipped also where the engine was removed, and no other name is', async () => {
    const set = deciding();
    Object.assign(set.engines.find('a')!.knex, { destroy: () => Promise.resolve() });
    Object.assign(set.engines.find('a')!.probes, { destroy: () => Promise.resolve() });
    await set.engines.remove('a', { drainMs: 0 });
    expect(() => set.engines.assertChoice('a', '.usingEngine() of a query')).not.toThrow();
    expect(await decided(set, { engine: 'a' }, job({ scope: 'b' }))).toBe('b scope');
    expect(() => set.engines.assertChoice('aa', 'x')).toThrow(UnknownEngineError);
    expect(() => set.decider.decide({ ...READ, engine: 'aa' }, job())).toThrow(UnknownEngineError);
    set.engines.add('a', {});
    expect(set.engines.isOut('a', 'x')).toBe(false);
  });

  it('is skipped where slaves are sought and that one was not found yet', async () => {
    const set = deciding({ sought: true, engineForRead: () => 'not-found-yet' });
    expect(await decided(set, {}, job())).toBe('a balanced');
  });
});

describe('explain() foresees', () => {
  const foreseen = (setting: Setting, query: Partial<QueryFacts> = {}, context = job()) =>
    deciding(setting).foresight.of({ ...READ, ...query }, context);

  it('each rule that is skipped', () => {
    const { skipped } = foreseen({ states: { a: 'down', b: 'down' } }, { engine: 'a' }, job({ scope: 'b' }));
    expect(skipped).toEqual([
      { engine: 'a', reason: 'query' },
      { engine: 'b', reason: 'scope' },
    ]);
  });

  const OUT = { a: 'down', b: 'down', c: 'lagging', d: 'down' } as const;

  it.each<[MasterBudgetOptions, object]>([
    [{}, { engine: 'master', reason: 'no-slave', mayWait: false, error: undefined }],
    [{ perSecond: 0 }, { error: { code: 'DATABASE_ROUTING_SLAVES_UNAVAILABLE' } }],
    [{ share: 0 }, { error: { code: 'DATABASE_ROUTING_SLAVES_UNAVAILABLE' } }],
    [
      { perSecond: 0, otherwise: 'stale' },
      { engine: 'c', reason: 'stale', error: undefined },
    ],
    [
      { perSecond: 0, otherwise: 'wait' },
      { engine: 'master', reason: 'no-slave', mayWait: true },
    ],
  ])("the master's budget: %j", (budget, expected) => {
    expect(foreseen({ states: OUT, budget })).toMatchObject(expected);
  });

  it('spends nothing of it', async () => {
    const set = deciding({ states: OUT, budget: { perSecond: 1 } });
    for (let n = 0; n < 3; n++)
      expect(set.foresight.of(READ, job())).toMatchObject({ engine: 'master', error: undefined });
    expect(await decided(set, {}, job())).toBe('master no-slave');
    expect(set.foresight.of(READ, job()).error).toBeDefined();
  });

  it.each<[string, Consistency, Record<string, bigint>, object]>([
    ['a slave that shows it', 'session', { b: 7n }, { engine: 'slave', reason: 'bookmark', mayWait: false }],
    ['none that does yet', 'session', { b: 6n }, { engine: 'master', reason: 'bookmark', mayWait: true }],
    ['any, however old', 'eventual', {}, { engine: 'slave', reason: 'balanced', mayWait: false }],
  ])('what a bookmark asks for: %s', (_what, consistency, replayed, expected) => {
    const context = job();
    context.work.seen.position = 7n;
    expect(foreseen({ replayed }, { consistency }, context)).toMatchObject(expected);
  });

  it('the slave that a bookmark names, or the master while that one is out', () => {
    const context = job();
    see(context.work.seen, 'b@1');
    expect(foreseen({ replayed: {} }, {}, context)).toMatchObject({ engine: 'b', reason: 'bookmark' });
    expect(foreseen({ replayed: {}, states: { b: 'down' } }, {}, context)).toMatchObject({
      engine: 'master',
      reason: 'bookmark',
      mayWait: true,
    });
  });

  it('that a slave which was not asked yet is waited for', () => {
    const unasked = { watched: true, states: { a: 'unknown', b: 'down', c: 'down', d: 'down' } } as const;
    expect(foreseen(unasked)).toMatchObject({ engine: 'slave', reason: 'balanced', mayWait: true });
    expect(foreseen(unasked, { engine: 'a' })).toMatchObject({ engine: 'a', skipped: [], mayWait: true });
  });
});
