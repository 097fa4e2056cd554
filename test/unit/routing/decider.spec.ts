import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { stubEngine } from '../engines/stub-engine.js';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { RoundRobinBalancer } from '../../../src/balancer/round-robin.balancer.js';
import { type Context, NO_CONTEXT, nestContext, openContext } from '../../../src/context/context.js';
import type { Engine } from '../../../src/engines/engine.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { DecisionAnnouncer, type RoutingEvents } from '../../../src/routing/decision-announcer.js';
import type { Decision, Reason } from '../../../src/routing/decision.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';
import { NoSlave } from '../../../src/routing/no-slave.js';
import { Decider } from '../../../src/routing/decider.js';

const engine = (name: string, role: Engine['role'] = 'slave') => stubEngine(name, role);
const MASTER = engine('master', 'master');
const READ = { intent: 'read', engine: undefined, consistency: 'session', builder: {} } as const;
const RULES = { engineForRead: undefined, reads: 'slaves', consistency: 'session' } as const;

const optionsOf = ({ length }: readonly unknown[]) => ({
  balancing: length > 0,
  createSlave: (name: string) => engine(name),
  watched: false,
  clock: SYSTEM_CLOCK,
});

function router(slaves: readonly string[], slavePer: 'context' | 'query' = 'context'): Decider {
  const engines = new EngineRegistry(
    MASTER,
    slaves.map((name) => engine(name)),
    optionsOf(slaves),
  );
  const budget = new MasterBudget(resolveMasterBudget(), SYSTEM_CLOCK);
  const balancer = new RoundRobinBalancer(() => 0);
  return new Decider({
    engines,
    balancer,
    rules: RULES,
    slavePer,
    freshness: undefined,
    clientsByPosition: false,
    budget,
    noSlave: new NoSlave({ engines, budget, health: undefined }),
    health: undefined,
  });
}

const job = () => openContext('job', { balanced: true });
const names = (one: Decider, context: Context, count: number) =>
  Array.from({ length: count }, () => (one.decide(READ, context) as Decision).engine.name);

describe('one random slave chosen at request begin rather than one per query', () => {
  it('keeps the slave of a context, nested scopes included, and gives the next context the next', () => {
    const two = router(['a', 'b']);
    const first = job();
    expect(names(two, first, 3)).toEqual(['a', 'a', 'a']);
    expect(names(two, nestContext(first, { scope: 'slave' }), 2)).toEqual(['a', 'a']);
    expect(names(two, job(), 2)).toEqual(['b', 'b']);
    expect(names(two, first, 1)).toEqual(['a']);
  });

  it("chooses per query with slavePer: 'query'", () => {
    expect(names(router(['a', 'b'], 'query'), job(), 4)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('chooses anew where there is no context, and keeps nothing', () => {
    const forced = nestContext(NO_CONTEXT, { scope: 'slave' });
    expect(names(router(['a', 'b']), forced, 3)).toEqual(['a', 'b', 'a']);
    expect(NO_CONTEXT.work.slave).toBeUndefined();
  });

  it('chooses anew where the kept slave is none of the set', () => {
    const context = job();
    names(router(['gone']), context, 1);
    expect(names(router(['a', 'b']), context, 2)).toEqual(['a', 'a']);
  });

  it('is not changed by reads that name an engine, or by asking', () => {
    const two = router(['a', 'b']);
    const context = job();
    names(two, nestContext(context, { scope: 'b' }), 2);
    two.choice(READ, context);
    expect(context.work.slave).toBeUndefined();
    expect(names(two, context, 1)).toEqual(['a']);
  });
});

describe('an engine of the set', () => {
  it('is the master where no slave may serve', () => {
    const none = router([]);
    expect(none.decide(READ, job())).toEqual({ engine: MASTER, reason: 'no-slave' });
    expect(none.anySlave()).toBeUndefined();
  });

  it('is found by name, or refused with the names there are', () => {
    const two = router(['a', 'b']);
    expect(two.decide({ ...READ, engine: 'b' }, job())).toMatchObject({
      engine: { name: 'b' },
      reason: 'query',
    });
    expect(() => two.decide({ ...READ, engine: 'c' }, job())).toThrow(
      "The query names the engine 'c', which is not configured. Use one of: master, a, b; or 'slave' for any slave.",
    );
    expect(router([]).decide({ ...READ, engine: 'c' }, job())).toMatchObject({ engine: MASTER });
  });
});

describe('DEBUG logs', () => {
  const texts: Record<Reason, string> = {
    transaction: 'Choose engine: a (transaction)',
    write: 'Choose engine: a (write)',
    query: 'Forced engine: a (query)',
    scope: 'Forced engine: a (scope)',
    'master-param': 'Forced engine: a (master-param)',
    handler: 'Forced engine: a (handler)',
    rule: 'Forced engine: a (rule)',
    wrote: 'Choose engine: a (wrote)',
    pin: 'Choose engine: a (pin)',
    'no-context': 'Choose engine: a (no-context)',
    bookmark: 'Choose engine: a (bookmark)',
    consistency: 'Choose engine: a (consistency)',
    balanced: 'Choose engine: a (balanced)',
    mode: 'Forced engine: a (mode)',
    'no-slave': 'Choose engine: a (no-slave)',
    stale: 'Choose engine: a (stale)',
  };
  const announced = (slaves: Engine[], reason: Reason, context = job(), isOn?: boolean) => {
    const lines: string[] = [];
    const events: RoutingEvents = new EventEmitter();
    const heard: unknown[] = [];
    events.on('decision', (decision) => heard.push(decision));
    const debug = (line: string) => void lines.push(line);
    const logger = { debug, warn() {}, ...(isOn !== undefined && { isDebugEnabled: () => isOn }) };
    const announcer = new DecisionAnnouncer(
      new EngineRegistry(MASTER, slaves, optionsOf(slaves)),
      logger,
      events,
    );
    announcer.announce({ engine: engine('a'), reason }, context);
    return { lines, heard };
  };

  it.each(Object.entries(texts) as [Reason, string][])('%s: %s', (reason, text) => {
    const { lines, heard } = announced([engine('a')], reason);
    expect(lines).toEqual([text]);
    expect(heard).toEqual([{ engine: 'a', reason }]);
  });

  it('Balancing disabled, using master: where there are no slaves', () => {
    expect(announced([], 'no-slave').lines).toEqual(['Balancing disabled, using master (no-slave)']);
  });

  it('are not written where the logger says that debug is off', () => {
    expect(announced([engine('a')], 'balanced', job(), true).lines).toEqual(['Choose engine: a (balanced)']);
    const { lines, heard } = announced([engine('a')], 'balanced', job(), false);
    expect([lines, heard]).toEqual([[], [{ engine: 'a', reason: 'balanced' }]]);
  });

  it('and the context keeps each decision once, where they are asked for', () => {
    const context = openContext('request', { balanced: true, recordDecisions: true });
    announced([engine('a')], 'balanced', context);
    announced([engine('a')], 'balanced', context);
    announced([engine('a')], 'scope', context);
    expect([...(context.work.decisions ?? [])]).toEqual(['a;reason=balanced', 'a;reason=scope']);
    expect(job().work.decisions).toBeUndefined();
  });
});
