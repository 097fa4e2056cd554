import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Guard } from '../../../src/knex/guard.js';
import type { KnexConnection } from '../../../src/knex-internals.js';

describe('a guard', () => {
  it("stands on pg's connections, and on those of no other driver", () => {
    class OtherDriver {}
    expect(Guard.canStandOn(new pg.Client() as unknown as KnexConnection)).toBe(true);
    expect(Guard.canStandOn(new OtherDriver() as unknown as KnexConnection)).toBe(false);
  });

  it.each([
    ['22P02', true],
    ['42501', true],
    ['0A000', true],
    ['57014', false],
    ['57P01', false],
  ])('that fails with %s has missed: %s', (code, hasMissed) => {
    const guard = new Guard({ position: 1n, timeline: 1 });
    guard.failed(Object.assign(new Error('failed'), { code }));
    expect(guard.hasMissed).toBe(hasMissed);
  });

  const RESTS = { functions: '{"f"}', relations: '{}', answer: '16384:731' };

  it('asks for versions in front of the read and behind it, and for a position too', () => {
    const guard = new Guard(undefined, RESTS, false);
    expect([guard.values, guard.witnessValues]).toEqual(Array(2).fill(Object.values(RESTS)));
    const both = new Guard({ position: 1n, timeline: 1 }, RESTS);
    expect(both.values).toEqual(['0/1', '1', ...Object.values(RESTS)]);
    expect(both.sql).toContain('$5');
    expect(both.witnessSql).toContain('pg_last_wal_replay_lsn');
    expect(guard.witnessSql).not.toContain('pg_last_wal_replay_lsn'); // Aurora has none
  });

  it.each<[string, (guard: Guard) => void, boolean]>([
    ['the same versions behind the read', (guard) => guard.heard(null, 'same'), false],
    ['other versions behind the read', (guard) => guard.heard(null, null), true],
    ['a guard that failed', (guard) => guard.failed({ code: '22P02' }), false],
  ])('tells whether the read may have run another version: %s', (_what, happens, hasChanged) => {
    const guard = new Guard(undefined, RESTS, false);
    happens(guard);
    expect(guard.hasChanged).toBe(hasChanged);
    expect(guard.witness).toBeUndefined();
    expect(guard.lacksVersions).toBe(guard.hasMissed);
  });

  it('asks for the position as the server writes it, and takes its witness', () => {
    const guard = new Guard({ position: 0x16_b374_d848n, timeline: 3 });
    expect(guard.values).toEqual(['16/B374D848', '3']);
    expect(guard.proved).toBeUndefined();
    guard.heard('16/B374D900');
    expect(guard).toMatchObject({ witness: 0x16_b374_d900n, proved: 0x16_b374_d900n });
    guard.heard(null); // no slave
    expect(guard.witness).toBe(0x16_b374_d900n);
  });
});
