import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOST_WRITTEN, type Others } from '../../../src/context/others.js';
import {
  ANYWHERE,
  type Seen,
  bring,
  bringPosition,
  nothingSeen,
  see,
  seenOf,
  settleAt,
  witness,
  writeTables,
} from '../../../src/context/seen.js';

const NEED = ({ position, unsettled }: Seen) => ({ position, unsettled });

describe('after a write', () => {
  it('reads of other tables show what was seen before, and those of its tables all', () => {
    const seen = nothingSeen();
    settleAt(seen, 5n, 0);
    writeTables(seen, ['prices', 'log']);
    settleAt(seen, 9n, seen.marks);
    expect(NEED(seenOf(seen, ['authors', 'books']))).toEqual({ position: 5n, unsettled: undefined });
    expect(NEED(seenOf(seen, ['authors', 'log']))).toEqual({ position: 9n, unsettled: undefined });
    expect(NEED(seenOf(seen, undefined))).toEqual({ position: 9n, unsettled: undefined });
  });

  it('reads of its tables can not be served while its position is not known', () => {
    const seen = nothingSeen();
    writeTables(seen, ['prices']);
    expect(seenOf(seen, ['prices']).unsettled).toBe(ANYWHERE);
    expect(seenOf(seen, ['books']).unsettled).toBeUndefined();
  });

  it('what is read on the master counts for all tables', () => {
    const seen = nothingSeen();
    writeTables(seen, ['prices']);
    see(seen);
    settleAt(seen, 9n, seen.marks);
    expect(NEED(seenOf(seen, ['books']))).toEqual({ position: 9n, unsettled: undefined });
  });

  it('what is read on a slave counts for all tables', () => {
    const seen = nothingSeen();
    writeTables(seen, ['prices']);
    see(seen, 'slave1@1');
    expect(seenOf(seen, ['books']).unsettled).toBe('slave1@1');
    see(seen, 'slave2@1');
    expect(seenOf(seen, ['books']).unsettled).toBe(ANYWHERE);
  });

  it('what a slave behind a pooler has shown counts for all tables', () => {
    const seen = nothingSeen();
    writeTables(seen, ['prices']);
    witness(seen, 7n);
    expect(seenOf(seen, ['books']).position).toBe(7n);
  });

  it('after what was read on the master it narrows nothing', () => {
    const seen = nothingSeen();
    see(seen);
    writeTables(seen, ['prices']);
    expect(seenOf(seen, ['books']).unsettled).toBe(ANYWHERE);
  });

  it('of more tables than a bookmark has room for the ones before count as seen', () => {
    const seen = nothingSeen();
    writeTables(seen, ['first']);
    settleAt(seen, 5n, seen.marks);
    writeTables(
      seen,
      Array.from({ length: MOST_WRITTEN }, (_, at) => `table${at}`),
    );
    settleAt(seen, 9n, seen.marks);
    expect(seenOf(seen, ['other']).position).toBe(5n);
    expect(seenOf(seen, ['table3']).position).toBe(9n);
    writeTables(
      seen,
      Array.from({ length: MOST_WRITTEN + 1 }, (_, at) => `more${at}`),
    );
    expect(seenOf(seen, ['other']).unsettled).toBe(ANYWHERE);
  });

  it('is told to the work around, which has read for itself', () => {
    const outer = nothingSeen();
    see(outer);
    const seen = { ...nothingSeen(), outer };
    writeTables(seen, ['prices']);
    expect(seenOf(seen, ['books']).unsettled).toBeUndefined();
    expect(seenOf(outer, ['books']).unsettled).toBe(ANYWHERE);
  });
});

const TABLES = ['a', 'b', 'c', 'd'];
const mark = (position: bigint, lower: bigint, tables: readonly string[]) => {
  const seen = nothingSeen();
  settleAt(seen, lower, 0);
  writeTables(seen, tables);
  settleAt(seen, position, seen.marks);
  return seen;
};
const bookmark = fc
  .record({
    position: fc.bigInt(0n, 50n),
    lower: fc.bigInt(0n, 50n),
    tables: fc.subarray(TABLES),
    isWhole: fc.boolean(),
  })
  .map(({ position, lower, tables, isWhole }) =>
    isWhole || tables.length === 0 || lower > position
      ? { position, others: undefined }
      : { position, others: mark(position, lower, tables).others },
  );
type Brought = { position: bigint; others: Others | undefined };

function merged(brought: readonly Brought[]): Seen {
  const seen = nothingSeen();
  for (const { position, others } of brought) bringPosition(seen, position, others);
  return seen;
}
const needs = (seen: Seen) => TABLES.map((table) => seenOf(seen, [table]).position);

describe('bookmarks that a client brings', () => {
  it('merge so that no table is relaxed, in any order, in any groups and however often', () => {
    fc.assert(
      fc.property(fc.array(bookmark, { minLength: 1, maxLength: 4 }), fc.nat(3), (brought, at) => {
        const [some, others] = [brought.slice(0, at), brought.slice(at)];
        const ways = [brought, brought.toReversed(), [...brought, ...brought], [...some, merged(others)]];
        const furthest = brought.reduce((most, { position }) => (position > most ? position : most), 0n);
        for (const need of ways.map((way) => needs(merged(way)))) {
          for (const one of brought)
            needs(merged([one])).forEach((least, table) => expect(need[table]! >= least).toBe(true));
          expect(need.every((position) => position <= furthest)).toBe(true);
        }
        for (const one of brought) expect(needs(merged([one, one]))).toEqual(needs(merged([one])));
      }),
    );
  });

  it('of which one can not be relied on, count for all tables', () => {
    const { position, others } = mark(9n, 5n, ['a']);
    const seen = merged([{ position, others }]);
    bring(seen);
    expect(seenOf(seen, ['b']).unsettled).toBe(ANYWHERE);
  });
});
