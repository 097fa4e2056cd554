import { beforeEach, describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { modeOn } from '../routing/mode-on.js';
import { stubEngine } from '../engines/stub-engine.js';
import { RandomBalancer } from '../../../src/balancer/random.balancer.js';
import { type Context, openContext } from '../../../src/context/context.js';
import { runInContext } from '../../../src/context/context-storage.js';
import { Explainer } from '../../../src/dispatch/explainer.js';
import { ReadThenWrite } from '../../../src/dispatch/read-then-write.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { type Classification, READ, unproved, write } from '../../../src/intent/intent.js';
import type { QueryClassifier } from '../../../src/intent/query-classifier.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import { Decider } from '../../../src/routing/decider.js';
import { Foresight } from '../../../src/routing/foresight.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';
import { NoSlave } from '../../../src/routing/no-slave.js';

const SET = 'explained';
const WRITE = write('its method is insert');
const INSERT = { _method: 'insert', _single: { table: 'posts' }, _statements: [] };
const slave = stubEngine('slave1');

let classified: Classification;
let isContested: boolean;
let explainer: Explainer;
let context: Context;

beforeEach(() => {
  classified = READ;
  isContested = false;
  context = openContext('job', { balanced: true });
  const clock = clockAt(() => 0);
  const engines = new EngineRegistry(stubEngine('master', 'master'), [slave], {
    balancing: true,
    createSlave: (name) => stubEngine(name),
    watched: false,
    clock,
  });
  const budget = new MasterBudget(resolveMasterBudget(), clock);
  const parts = {
    engines,
    balancer: new RandomBalancer(() => 0),
    rules: { engineForRead: undefined, reads: 'slaves', consistency: 'session' },
    slavePer: 'context',
    freshness: undefined,
    clientsByPosition: false,
    budget,
    noSlave: new NoSlave({ engines, budget, health: undefined }),
    health: undefined,
  } as const;
  const classifier: Pick<QueryClassifier, 'classify'> = { classify: () => classified };
  const decider = new Decider(parts);
  explainer = new Explainer({
    set: SET,
    engines,
    rules: parts.rules,
    foresight: new Foresight(parts, decider),
    classifier: classifier as QueryClassifier,
    readThenWrite: new ReadThenWrite({
      tablesOf: () => ({ names: ['posts'], areAll: true }),
      onWrite: 'refuse',
      logger: { debug() {}, warn() {} },
    }),
    isContested: () => isContested,
    byMode: modeOn(decider),
  });
});

const explained = (knexEngine?: string, builder: object = {}) =>
  runInContext(SET, context, () => ({ told: explainer.explain(builder, knexEngine) })).told;
const refused = (code: string) => ({ error: { code: `DATABASE_ROUTING_${code}` } });

describe('explain() tells what a query would be refused with', () => {
  it.each(['slave1', 'slave'])('a write on a Knex that names %s', (engine) => {
    expect(explained(engine)).toMatchObject({ engine, reason: 'query', error: undefined });
    classified = WRITE;
    expect(explained(engine)).toMatchObject({ engine, reason: 'query', ...refused('WRITE_ON_SLAVE') });
    expect(explained('master')).toMatchObject({ engine: 'master', error: undefined });
  });

  it("a write in a slave's transaction", () => {
    classified = WRITE;
    const inTransaction = explainer.explainInTransaction({}, slave);
    expect(inTransaction).toMatchObject({
      engine: 'slave1',
      reason: 'transaction',
      ...refused('WRITE_ON_SLAVE'),
    });
  });

  it('a query on a Knex whose engine was removed', () => {
    expect(explained('slave7')).toMatchObject({ engine: 'slave7', ...refused('UNKNOWN_ENGINE') });
  });

  it.each([WRITE, unproved('it is raw SQL')])(
    'what may write while two servers claim to be the master: %j',
    (one) => {
      isContested = true;
      expect(explained()).toMatchObject({ error: undefined });
      classified = one;
      expect(explained()).toMatchObject({ engine: 'master', ...refused('TWO_MASTERS') });
    },
  );

  it('a write to a table that was read on a slave, also when it is asked twice', () => {
    classified = WRITE;
    expect(explained(undefined, INSERT)).toMatchObject({ error: undefined });
    context.work.readOnSlaves = { queries: [{}], tables: new Set() };
    for (let times = 0; times < 2; times++)
      expect(explained(undefined, INSERT)).toMatchObject({ engine: 'master', ...refused('READ_THEN_WRITE') });
  });
});
