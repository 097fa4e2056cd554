import { describe, expect, it } from '@jest/globals';
import { replayTarget } from '../../../src/freshness/position.js';

const SEGMENT_BYTES = 1_048_576n;

describe('replayTarget', () => {
  it('is the insert position in the middle of a page', () => {
    expect(replayTarget(8192n * 5n + 800n, SEGMENT_BYTES)).toBe(8192n * 5n + 800n);
  });

  it('is the end of the page before when only the header of the next page was counted', () => {
    expect(replayTarget(8192n * 5n + 24n, SEGMENT_BYTES)).toBe(8192n * 5n);
  });

  it('knows the longer header of the first page of a segment', () => {
    expect(replayTarget(SEGMENT_BYTES * 3n + 40n, SEGMENT_BYTES)).toBe(SEGMENT_BYTES * 3n);
    expect(replayTarget(SEGMENT_BYTES * 3n + 8192n + 40n, SEGMENT_BYTES)).toBe(
      SEGMENT_BYTES * 3n + 8192n + 40n,
    );
  });
});
