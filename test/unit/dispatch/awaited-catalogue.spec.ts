import { describe, expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { NO_CONTEXT, openContext } from '../../../src/context/context.js';
import { runInContext } from '../../../src/context/context-storage.js';
import { Dispatcher } from '../../../src/dispatch/dispatcher.js';
import { MissedGuards } from '../../../src/dispatch/missed-guards.js';
import { SeenTracker } from '../../../src/dispatch/seen-tracker.js';
import { type Classification, READ, unproved } from '../../../src/intent/intent.js';
import type { QueryClassifier } from '../../../src/intent/query-classifier.js';
import type { Decider } from '../../../src/routing/decider.js';
import type { DecisionAnnouncer } from '../../../src/routing/decision-announcer.js';
import { modeOn } from '../routing/mode-on.js';
import { stubEngine } from '../engines/stub-engine.js';

const SET = 'awaited catalogue';
const master = stubEngine('master', 'master');
const slave = stubEngine('slave1');
const AWAITS = unproved('the catalogue is not there yet', { awaitsCatalogue: true });

/** A dispatcher whose catalogue is read when `awaited` resolves. */
function dispatcherOf(
  classified: () => Classification,
  awaited: () => Promise<void> | undefined,
): Dispatcher {
  const decider: Pick<Decider, 'rules' | 'decide'> = {
    rules: { engineForRead: undefined, reads: 'slaves', consistency: 'session' },
    decide: ({ intent }) => ({ engine: intent === 'read' ? slave : master, reason: 'balanced' }),
  };
  return new Dispatcher({
    set: SET,
    decider: decider as Decider,
    byMode: modeOn(decider),
    announcer: { announce() {} } as Partial<DecisionAnnouncer> as DecisionAnnouncer,
    classifier: { classify: classified, awaited } as Partial<QueryClassifier> as QueryClassifier,
    tracker: new SeenTracker(undefined, false, new MissedGuards(0, SYSTEM_CLOCK), undefined),
    logger: { debug() {}, warn() {} },
    lagging: { steer: (_facts, _context, decided) => decided },
    isContested: () => false,
  });
}

const inJob = <Result>(work: () => Result): Result =>
  runInContext(SET, openContext('job', { balanced: true }), () => ({ result: work() })).result;

describe('a read that only the catalogue can prove', () => {
  it('waits for it, and goes to a slave', async () => {
    let known: Classification = AWAITS;
    const reading = Promise.resolve().then(() => void (known = READ));
    const dispatcher = dispatcherOf(() => known, () => reading); // prettier-ignore
    expect((await inJob(() => dispatcher.query({}, undefined))).engine).toBe(slave);
  });

  it('goes to the master where it was waited for in vain, once', async () => {
    let waits = 0;
    const dispatcher = dispatcherOf(() => AWAITS, () => (waits++, Promise.resolve())); // prettier-ignore
    expect((await inJob(() => dispatcher.query({}, undefined))).engine).toBe(master);
    expect(waits).toBe(1);
  });

  it('goes to the master at once where there is nothing to wait for, and outside of any context', () => {
    const none = dispatcherOf(() => AWAITS, () => undefined); // prettier-ignore
    expect(inJob(() => none.query({}, undefined))).toMatchObject({ engine: master });
    const endless = dispatcherOf(() => AWAITS, () => new Promise(() => undefined)); // prettier-ignore
    expect(NO_CONTEXT.balanced).toBe(false);
    expect(endless.query({}, undefined)).toMatchObject({ engine: master });
  });
});
