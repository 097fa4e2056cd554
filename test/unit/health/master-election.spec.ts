import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineHealth } from '../../../src/health/engine-health.js';
import type { ProbeRow } from '../../../src/health/engine-probe.js';
import { MasterElection } from '../../../src/health/master-election.js';
import { MASTER_ANSWER, SLAVE_ANSWER, engineOf, healthOf } from './known-engines.js';

const master = engineOf('master', 'master');
const slave1 = engineOf('slave1');
const slave2 = engineOf('slave2');

let election: MasterElection;
let healths: EngineHealth[];
let nowMs: number;

beforeEach(() => {
  election = new MasterElection();
  healths = [master, slave1, slave2].map((engine) => healthOf(engine));
  nowMs = 0;
  says(master, MASTER_ANSWER);
  says(slave1, SLAVE_ANSWER);
  says(slave2, SLAVE_ANSWER);
  expect(elected()).toBeUndefined();
});

const of = (engine: typeof master) => healths.find((health) => health.engine === engine)!;

function says(engine: typeof master, answer: ProbeRow): void {
  nowMs += 10;
  of(engine).answered(answer, nowMs, 1);
}

function isGone(engine: typeof master): void {
  nowMs += 10;
  of(engine).notAnswered('gone', nowMs, nowMs);
}

function elected(configured = master) {
  nowMs += 10;
  return election.promoted(healths, configured, nowMs);
}

const promoted = (timeline: number, run = '7'): ProbeRow => ({ ...MASTER_ANSWER, timeline, started_at: run });

describe('the master', () => {
  it('stays what it is, and its system and timeline are those of the set', () => {
    expect(election).toMatchObject({ system: 'S', timeline: 1, isContested: false });
  });

  it('stays where it is gone and nobody was promoted', () => {
    isGone(master);
    expect(elected()).toBeUndefined();
  });

  it('is the slave that was promoted, whether the old one is gone, or not', () => {
    isGone(master);
    says(slave1, promoted(2));
    expect(elected()).toBe(slave1);
    expect(election.timeline).toBe(2);
  });

  it('is the slave that was promoted while the old one writes on', () => {
    says(slave1, promoted(2));
    expect(elected()).toBe(slave1);
  });

  it('is the one on the newest timeline of those that were promoted', () => {
    says(slave1, promoted(2));
    says(slave2, promoted(3, '8'));
    expect(elected()).toBe(slave2);
  });

  it('is not the old one again that comes back alone', () => {
    isGone(master);
    says(slave1, promoted(2));
    expect(elected()).toBe(slave1);
    isGone(slave1);
    says(master, MASTER_ANSWER);
    expect(elected(slave1)).toBeUndefined();
    expect(election).toMatchObject({ timeline: 2, isContested: false });
  });

  it('is the old one again once it was promoted after that', () => {
    says(slave1, promoted(2));
    expect(elected()).toBe(slave1);
    says(slave1, { ...SLAVE_ANSWER, timeline: 3 });
    says(master, promoted(3));
    expect(elected(slave1)).toBe(master);
  });

  it('is none of another system, however new its timeline is', () => {
    says(slave1, { ...promoted(9), system: 'T' });
    expect(elected()).toBeUndefined();
    expect(election).toMatchObject({ system: 'S', timeline: 1, isContested: false });
  });

  it('is not promoted by being restarted or promoted itself', () => {
    says(master, promoted(2));
    expect(elected()).toBeUndefined();
    expect(election.timeline).toBe(2);
  });

  it('may be listed under two names', () => {
    says(slave1, MASTER_ANSWER);
    expect(elected()).toBeUndefined();
    expect(election.isContested).toBe(false);
  });
});

describe('two masters on one timeline', () => {
  const rival = promoted(1, '9');

  it('are contested when both have said so twice, and no more when one of them is gone', () => {
    says(slave1, rival);
    expect([elected(), election.isContested]).toEqual([undefined, false]);
    says(master, MASTER_ANSWER);
    expect([elected(), election.isContested]).toEqual([undefined, false]);
    says(slave1, rival);
    expect([elected(), election.isContested]).toEqual([undefined, true]);
    isGone(slave1);
    expect([elected(), election.isContested]).toEqual([undefined, false]);
  });

  it('are contested also on a newer timeline, of which neither takes the writes', () => {
    for (let times = 0; times < 2; times++) {
      says(slave1, promoted(2, '8'));
      says(slave2, promoted(2, '9'));
      expect(elected()).toBeUndefined();
    }
    expect(election.isContested).toBe(true);
    isGone(slave2);
    expect(elected()).toBe(slave1);
    expect(election.isContested).toBe(false);
  });

  it('are one again when one of them is made a slave of the other, also the one that was followed first', () => {
    says(slave1, promoted(2));
    expect(elected()).toBe(slave1);
    says(slave2, promoted(2, '8'));
    expect(elected(slave1)).toBeUndefined();
    isGone(slave1);
    expect(elected(slave1)).toBeUndefined(); // it may be out of our reach only, and have writes that the other lacks
    says(slave1, { ...SLAVE_ANSWER, timeline: 2 });
    expect(elected(slave1)).toBe(slave2);
  });

  it('are one server under two names that was just started anew', () => {
    says(slave1, MASTER_ANSWER);
    says(master, { ...MASTER_ANSWER, started_at: '3' });
    expect([elected(), election.isContested]).toEqual([undefined, false]);
    says(slave1, { ...MASTER_ANSWER, started_at: '3' });
    expect([elected(), election.isContested]).toEqual([undefined, false]);
  });
});

describe('a server that takes writes and was never seen as a slave', () => {
  const stranger = engineOf('stranger');

  /** Before anything was heard of the configured master, which is gone. */
  function atBoot(...others: (readonly [typeof master, ProbeRow])[]): EngineHealth[] {
    election = new MasterElection();
    healths = [master, stranger, ...others.map(([engine]) => engine)].map((engine) => healthOf(engine));
    isGone(master);
    for (const [engine, answer] of others) says(engine, answer);
    return healths;
  }

  it('is not followed alone', () => {
    atBoot();
    says(stranger, promoted(2));
    expect(elected()).toBeUndefined();
  });

  it('is not followed against the system of a slave', () => {
    atBoot([slave2, SLAVE_ANSWER]);
    says(stranger, { ...promoted(2), system: 'T' });
    expect(elected()).toBeUndefined();
  });

  it('is not followed into another database', () => {
    says(slave1, { ...promoted(2), database: 'other' });
    expect(elected()).toBeUndefined();
  });

  it('is followed where a slave is of its system', () => {
    atBoot([slave2, { ...SLAVE_ANSWER, timeline: 2 }]);
    says(stranger, promoted(2));
    expect(elected()).toBe(stranger);
  });

  it('is followed where it was seen as a slave once, also by its word alone', () => {
    atBoot();
    says(stranger, SLAVE_ANSWER);
    expect(elected()).toBeUndefined();
    says(stranger, promoted(2));
    expect(elected()).toBe(stranger);
  });
});

describe('a name that leads to several servers', () => {
  it.each<[string, (servers: typeof master.servers) => void]>([
    ['through a balancer', (servers) => ['A', 'B', 'A'].forEach((run) => servers.heard(run))],
    ['through a pooler', (servers) => servers.reaches({}, 'A', true)],
  ])('%s is not followed, since the next connection may reach another one', (_how, lead) => {
    const reader = engineOf('reader');
    healths.push(healthOf(reader));
    says(reader, SLAVE_ANSWER);
    expect(elected()).toBeUndefined();
    lead(reader.servers);
    isGone(master);
    says(reader, promoted(2));
    expect(elected()).toBeUndefined();
    says(slave1, promoted(2));
    expect(elected()).toBe(slave1);
  });

  it("is followed where it is configured as the master's", () => {
    const other = engineOf('slave1', 'master');
    const configured = engineOf('master', 'slave');
    healths = [other, configured].map((engine) => healthOf(engine));
    says(other, MASTER_ANSWER);
    says(configured, SLAVE_ANSWER);
    expect(elected(other)).toBeUndefined();
    configured.servers.reaches({}, 'A', true);
    isGone(other);
    says(configured, promoted(2));
    expect(elected(other)).toBe(configured);
  });
});
