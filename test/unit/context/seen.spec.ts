import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANYWHERE, bring, nothingSeen, see, settleAt, slaveOf } from '../../../src/context/seen.js';

describe('what is seen', () => {
  it('is nothing at first', () => {
    expect(nothingSeen()).toMatchObject({ position: 0n, unsettled: undefined, shown: undefined, marks: 0 });
  });

  it('is at a server as long as all of it is seen there', () => {
    const seen = nothingSeen();
    see(seen, 'slave1@1');
    see(seen, 'slave1@1');
    expect(seen).toMatchObject({ unsettled: 'slave1@1', shown: 'slave1@1', marks: 2 });
  });

  it('is anywhere when it was seen at two servers, and stays so', () => {
    const seen = nothingSeen();
    see(seen, 'slave1@1');
    see(seen, 'slave2@1');
    see(seen, 'slave1@1');
    expect(seen).toMatchObject({ unsettled: ANYWHERE, shown: ANYWHERE, marks: 3 });
  });

  it('is at another server on a slave that was started anew', () => {
    const seen = nothingSeen();
    see(seen, 'slave1@1');
    see(seen, 'slave1@2');
    expect(seen.unsettled).toBe(ANYWHERE);
  });

  it('is anywhere on the master, which need not show what a slave has shown before', () => {
    const seen = nothingSeen();
    see(seen, 'slave1@1');
    see(seen);
    expect(seen).toMatchObject({ unsettled: ANYWHERE, shown: 'slave1@1' });
  });

  it('may be on any slave where a client brings what nobody knows the server of', () => {
    const seen = nothingSeen();
    bring(seen);
    expect(seen).toMatchObject({ unsettled: ANYWHERE, shown: ANYWHERE, brought: ANYWHERE });
  });

  it('is brought from two servers by a client with two bookmarks', () => {
    const seen = nothingSeen();
    bring(seen, 'slave1@1');
    expect(seen).toMatchObject({ unsettled: 'slave1@1', shown: 'slave1@1', brought: 'slave1@1' });
    bring(seen, 'slave2@1');
    expect(seen).toMatchObject({ unsettled: ANYWHERE, shown: ANYWHERE, brought: ANYWHERE });
  });
});

describe('settling', () => {
  it('covers what was seen before it was asked for', () => {
    const seen = nothingSeen();
    see(seen);
    settleAt(seen, 7n, seen.marks);
    expect(seen).toMatchObject({ position: 7n, unsettled: undefined });
  });

  it('does not cover what came between the question and the answer', () => {
    const seen = nothingSeen();
    see(seen);
    const { marks } = seen;
    see(seen);
    settleAt(seen, 7n, marks);
    expect(seen).toMatchObject({ position: 7n, unsettled: ANYWHERE });
  });

  it('does not make the master show what a slave has shown', () => {
    const seen = nothingSeen();
    see(seen, 'slave1@1');
    settleAt(seen, 7n, seen.marks);
    expect(seen).toMatchObject({ unsettled: undefined, shown: 'slave1@1' });
  });

  it('never goes back, and never settles more than was marked, in any order of events', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('see'), server: fc.constantFrom('slave1@1', 'slave2@1', undefined) }),
      fc.record({ kind: fc.constant('ask') }),
      fc.record({ kind: fc.constant('answer'), position: fc.bigInt(0n, 100n) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const seen = nothingSeen();
        let asked = -1;
        let uncovered = false;
        for (const one of events) {
          const before = seen.position;
          if ('server' in one) {
            see(seen, one.server);
            uncovered = true;
          } else if ('position' in one) {
            settleAt(seen, one.position, asked);
            if (asked === seen.marks) uncovered = false;
          } else asked = seen.marks;
          if (seen.position < before) return false;
          if (uncovered && seen.unsettled === undefined) return false;
        }
        return true;
      }),
    );
  });
});

it('a server tells its slave', () => {
  expect(slaveOf('slave1@1763781304148047')).toBe('slave1');
  expect(slaveOf(ANYWHERE)).toBe(ANYWHERE);
});
