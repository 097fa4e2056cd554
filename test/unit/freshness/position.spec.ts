import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSameEpoch, laterOf, parsePosition, timelineOf } from '../../../src/freshness/position.js';

const lsn = (position: bigint) =>
  `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffffffffn).toString(16).toUpperCase()}`;

describe('a position', () => {
  it('is read as PostgreSQL writes it, in two halves of 32 bits', () => {
    expect(parsePosition('16/B374D848')).toBe(0x16b374d848n);
    expect(parsePosition('0/0')).toBe(0n);
    expect(parsePosition('1/0')).toBe(2n ** 32n);
    expect(parsePosition('FFFFFFFF/FFFFFFFF')).toBe(2n ** 64n - 1n);
  });

  it('is the number that was written, whatever it is', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (position) => parsePosition(lsn(position)) === position),
    );
  });

  it('is later when it is greater, over the border of the halves too', () => {
    expect(laterOf(parsePosition('0/FFFFFFFF'), parsePosition('1/0'))).toBe(2n ** 32n);
    expect(laterOf(7n, 7n)).toBe(7n);
  });
});

describe('an epoch', () => {
  it('is another one after a promotion, and on another system', () => {
    const epoch = { system: '7555', timeline: 1 };
    expect(isSameEpoch(epoch, { ...epoch })).toBe(true);
    expect(isSameEpoch(epoch, { ...epoch, timeline: 2 })).toBe(false);
    expect(isSameEpoch(epoch, { ...epoch, system: '7556' })).toBe(false);
  });

  it('stands in the first eight hexadecimal digits of a log file', () => {
    expect(timelineOf('00000001000000000000000A')).toBe(1);
    expect(timelineOf('0000001F0000000000000001')).toBe(31);
  });
});
