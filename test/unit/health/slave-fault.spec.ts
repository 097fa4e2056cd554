import { describe, expect, it } from '@jest/globals';
import type { EngineStateKind } from '../../../src/engines/engine-state.js';
import type { ProbeRow } from '../../../src/health/engine-probe.js';
import {
  type Surroundings,
  faultOfMaster,
  faultOfSlave,
  isInDoubt,
} from '../../../src/health/slave-fault.js';
import { resolveHealthOptions } from '../../../src/options/resolve-health-options.js';
import { MASTER_ANSWER, SLAVE_ANSWER, engineOf, heardHealth, healthOf } from './known-engines.js';

const OPTIONS = resolveHealthOptions({ maxLagMs: 1_000, maxLagBytes: 5_000, slowMs: 25 });

/** The surroundings of a slave on the master's system and timeline, beside two that take 2 ms each. */
const AROUND: Surroundings = {
  system: 'S',
  database: 'app',
  timeline: 1,
  isLast: false,
  masterRun: MASTER_ANSWER.started_at,
  others: [heardHealth(engineOf('master', 'master'), {}, 2), heardHealth(engineOf('other'), {}, 2)],
  options: OPTIONS,
};

interface Found {
  readonly answer?: Partial<ProbeRow>;
  readonly lag?: { readonly ms: number; readonly bytes: number };
  readonly latencyMs?: number;
  readonly was?: EngineStateKind;
  readonly around?: Partial<Surroundings>;
}

function faultOf({ answer = {}, lag, latencyMs = 1, was, around = {} }: Found) {
  const engine = engineOf('slave1');
  if (was) engine.state = { kind: was, since: new Date(), because: 'x', share: 1 } as typeof engine.state;
  const health = heardHealth(engine, answer, latencyMs);
  health.lag = lag && { ...lag, isCertain: true };
  return faultOfSlave(health, { ...SLAVE_ANSWER, ...answer }, { ...AROUND, ...around });
}

describe('a slave', () => {
  it('may serve where it is on the master history, near and fast', () => {
    expect(faultOf({})).toBeUndefined();
    expect(faultOf({ lag: { ms: 1_000, bytes: 5_000 }, latencyMs: 25 })).toBeUndefined();
  });

  it('may serve before the master was asked: there is nothing to compare with', () => {
    const answer = { system: 'T', timeline: 7 };
    expect(faultOf({ answer, around: { system: undefined, timeline: 0 } })).toBeUndefined();
  });
});

describe('a slave is foreign', () => {
  it.each<[string, Found, string]>([
    ['of another system', { answer: { system: 'T' } }, 'it belongs to the system T, the master to S'],
    ['that still follows the old timeline', { around: { timeline: 2 } }, 'it follows timeline 1, the master writes 2'],
    ['that follows a newer one', { answer: { timeline: 3 } }, 'it follows timeline 3, the master writes 1'],
    ['that was promoted and is not followed', { answer: { in_recovery: false, timeline: 2 } }, 'it is no slave: it writes timeline 2, the master writes 1'],
    ['that claims the same timeline', { answer: { in_recovery: false, started_at: '9' } }, 'it is no slave: it writes timeline 1, the master writes 1'],
  ])('%s', (_what, found, because) => {
    expect(faultOf(found)).toEqual({ kind: 'foreign', because });
  }); // prettier-ignore

  it('but not where it is the master under another name', () => {
    expect(faultOf({ answer: { in_recovery: false, started_at: MASTER_ANSWER.started_at } })).toBeUndefined();
  });

  it('where it was a slave of the master before, or the master, and leads to the master now', () => {
    const [wasSlave, wasMaster] = [heardHealth(engineOf('slave1')), healthOf(engineOf('master'))];
    wasMaster.replaced();
    const asMaster = { ...MASTER_ANSWER, started_at: AROUND.masterRun! };
    for (const health of [wasSlave, wasMaster])
      expect(faultOfSlave(health, asMaster, AROUND)).toEqual({
        kind: 'foreign',
        because: "it leads to the master's own server by now, which would get its reads on top",
      });
  });

  it('before it is anything else', () => {
    const found = { answer: { system: 'T' }, lag: { ms: 60_000, bytes: 0 }, latencyMs: 900 };
    expect(faultOf(found)).toMatchObject({ kind: 'foreign' });
  });
});

describe('a slave is lagging', () => {
  it('beyond the limit of time or of bytes', () => {
    expect(faultOf({ lag: { ms: 1_001, bytes: 0 } })).toEqual({ kind: 'lagging', because: 'it is more than 1000 ms behind the master' });
    expect(faultOf({ lag: { ms: 0, bytes: 5_001 } })).toEqual({ kind: 'lagging', because: 'it is more than 5000 bytes behind the master' });
  }); // prettier-ignore

  it('until it is below half of both', () => {
    expect(faultOf({ was: 'lagging', lag: { ms: 501, bytes: 0 } })).toMatchObject({ kind: 'lagging' });
    expect(faultOf({ was: 'lagging', lag: { ms: 0, bytes: 2_501 } })).toMatchObject({ kind: 'lagging' });
    expect(faultOf({ was: 'lagging', lag: { ms: 500, bytes: 2_500 } })).toBeUndefined();
  });
});

describe('a slave is slow', () => {
  it('beyond the limit, where the others are faster', () => {
    expect(faultOf({ latencyMs: 26 })).toEqual({ kind: 'slow', because: 'it takes 26 ms to answer, the limit is 25' });
  }); // prettier-ignore

  it('beyond 5 times what the others take, where those are not fast either', () => {
    const others = [heardHealth(engineOf('other'), {}, 20)];
    expect(faultOf({ latencyMs: 100, around: { others } })).toBeUndefined();
    expect(faultOf({ latencyMs: 101, around: { others } })).toMatchObject({ kind: 'slow' });
  });

  it('until it is below half of that', () => {
    expect(faultOf({ was: 'slow', latencyMs: 14 })).toMatchObject({ kind: 'slow' });
    expect(faultOf({ was: 'slow', latencyMs: 13 })).toBeUndefined();
  });

  it('never where there is nobody to compare with', () => {
    expect(faultOf({ latencyMs: 900, around: { others: [] } })).toBeUndefined();
    expect(faultOf({ latencyMs: 900, around: { others: [healthOf(engineOf('other'))] } })).toBeUndefined();
  });

  it('only where it says so twice; the first time is in doubt', () => {
    const health = healthOf(engineOf('slave1'));
    const heard = (latencyMs: number) => {
      health.answered(SLAVE_ANSWER, 0, latencyMs);
      return [faultOfSlave(health, SLAVE_ANSWER, AROUND)?.kind, isInDoubt(health, AROUND)];
    };
    expect(heard(300)).toEqual([undefined, true]); // it connected
    expect(heard(2)).toEqual([undefined, false]);
    expect(heard(300)).toEqual([undefined, true]);
    expect(heard(2)).toEqual([undefined, false]);
    expect(heard(300)).toEqual([undefined, true]);
    expect(heard(301)).toEqual(['slow', false]);
  });
});

describe('a stall of the machine', () => {
  it('is shorter than what makes a slave slow', () => {
    const health = heardHealth(engineOf('slave1'), {}, 1);
    const heard = (latencyMs: number) => {
      health.answered(SLAVE_ANSWER, 0, latencyMs);
      return [faultOfSlave(health, SLAVE_ANSWER, AROUND)?.kind, isInDoubt(health, AROUND)];
    };
    for (let times = 0; times < 3; times++) expect(heard(46)).toEqual([undefined, true]);
    expect(heard(46)).toEqual(['slow', false]);
  });
});

describe('a master', () => {
  it('is foreign where it was made a slave, and nothing else', () => {
    expect(faultOfMaster(MASTER_ANSWER)).toBeUndefined();
    expect(faultOfMaster(SLAVE_ANSWER)).toEqual({
      kind: 'foreign',
      because: 'it is in recovery: it was made a slave',
    });
  });
});

describe('the last slave that serves', () => {
  it('is not slow, however long it takes: slow is better than none', () => {
    const slow = heardHealth(engineOf('slave1'), {}, 500);
    expect(faultOfSlave(slow, SLAVE_ANSWER, AROUND)).toMatchObject({ kind: 'slow' });
    expect(faultOfSlave(slow, SLAVE_ANSWER, { ...AROUND, isLast: true })).toBeUndefined();
  });
});
