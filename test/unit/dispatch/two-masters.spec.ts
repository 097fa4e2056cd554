import { beforeEach, describe, expect, it } from '@jest/globals';
import { openContext } from '../../../src/context/context.js';
import { runInContext } from '../../../src/context/context-storage.js';
import type { Dispatched } from '../../../src/dispatch/dispatched.js';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { Dispatcher } from '../../../src/dispatch/dispatcher.js';
import { MissedGuards } from '../../../src/dispatch/missed-guards.js';
import { SeenTracker } from '../../../src/dispatch/seen-tracker.js';
import { TwoMastersError } from '../../../src/errors.js';
import { type Classification, READ, unproved, write } from '../../../src/intent/intent.js';
import type { QueryClassifier } from '../../../src/intent/query-classifier.js';
import type { Decider } from '../../../src/routing/decider.js';
import type { DecisionAnnouncer } from '../../../src/routing/decision-announcer.js';
import { modeOn } from '../routing/mode-on.js';
import { stubEngine } from '../engines/stub-engine.js';

const SET = 'two masters';
const master = stubEngine('master', 'master');
const slave = stubEngine('slave1');
const BUILDER = {};
const WRITE = write('its method is insert');

let isContested: boolean;
let classified: Classification;
let dispatcher: Dispatcher;

beforeEach(() => {
  isContested = true;
  classified = READ;
  const decider: Pick<Decider, 'rules' | 'decide' | 'decideNamed' | 'decision'> = {
    rules: { engineForRead: undefined, reads: 'slaves', consistency: 'session' },
    decide: ({ intent }) => ({ engine: intent === 'read' ? slave : master, reason: 'balanced' }),
    decideNamed: ({ reason }) => ({ engine: master, reason }),
    decision: ({ reason }) => ({ engine: master, reason }),
  };
  const classifier: Pick<QueryClassifier, 'classify' | 'remember' | 'ofTransaction'> = {
    classify: () => classified,
    ofTransaction: ({ readOnly }) => (readOnly ? READ : write('a transaction')),
    remember: () => void (classified = write('a slave refused it before')),
  };
  const announcer: Pick<DecisionAnnouncer, 'announce'> = { announce() {} };
  dispatcher = new Dispatcher({
    set: SET,
    decider: decider as Decider,
    byMode: modeOn(decider),
    announcer: announcer as DecisionAnnouncer,
    classifier: classifier as QueryClassifier,
    tracker: new SeenTracker(undefined, false, new MissedGuards(0, SYSTEM_CLOCK), undefined),
    logger: { debug() {}, warn() {} },
    lagging: { steer: (_facts, _context, decided) => decided },
    isContested: () => isContested,
  });
});

const inJob = <Result>(work: () => Result): Result =>
  runInContext(SET, openContext('job', { balanced: true }), () => ({ result: work() })).result;

describe('while two servers claim to be the master', () => {
  it.each([WRITE, unproved('it is raw SQL')])('nothing that may write passes: %j', async (classification) => {
    classified = classification;
    const ways: (() => unknown)[] = [
      () => dispatcher.query(BUILDER, undefined),
      () => dispatcher.query(BUILDER, 'master'),
      () => dispatcher.transactionQuery(BUILDER, master),
      () => dispatcher.connectionQuery(BUILDER, master),
    ];
    const begin = () => inJob(() => dispatcher.transaction({}, undefined)).engine();
    for (const way of ways) expect(() => inJob(way)).toThrow(TwoMastersError);
    await expect(begin()).rejects.toThrow(TwoMastersError);
    isContested = false;
    for (const way of ways) expect(() => inJob(way)).not.toThrow();
    await expect(begin()).resolves.toBe(master);
  });

  it('a raw that was called a read and that a slave refuses as a write does not pass either', () => {
    const refused = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), {
      code: '25006',
    });
    const onSlave = inJob(() => dispatcher.query(BUILDER, undefined)) as Dispatched;
    expect(onSlave.engine).toBe(slave);
    expect(() => dispatcher.refused(onSlave, refused)).toThrow(TwoMastersError);
    isContested = false;
    expect(dispatcher.refused(onSlave, refused).engine).toBe(master);
  });

  it('reads pass', () => {
    expect((inJob(() => dispatcher.query(BUILDER, undefined)) as Dispatched).engine).toBe(slave);
    expect(inJob(() => dispatcher.transactionQuery(BUILDER, master)).engine).toBe(master);
  });
});
