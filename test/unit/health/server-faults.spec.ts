import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Fault, ServerFaults } from '../../../src/health/server-faults.js';

const LAGS: Fault = { kind: 'lagging', because: 'it is behind' };

let faults: ServerFaults;

beforeEach(() => {
  faults = new ServerFaults();
});

const found = (run: string, fault: Fault | undefined, { lagMs = 0, atMs = 0 } = {}) =>
  faults.found(run, { fault, lagMs, atMs });

describe('a name that leads to several servers', () => {
  it('is fine while one of them is', () => {
    expect(found('A', undefined)).toBeUndefined();
    expect(found('B', LAGS)).toBeUndefined();
    expect(faults.avoided).toEqual(new Set(['B']));
  });

  it('is at fault where all of them are', () => {
    found('A', undefined);
    found('B', LAGS);
    expect(found('A', LAGS)).toBe(LAGS);
  });

  it('is judged by those that were met lately', () => {
    found('A', undefined, { atMs: 0 });
    expect(found('B', LAGS, { atMs: 10_000 })).toBeUndefined();
    expect(found('B', LAGS, { atMs: 10_001 })).toBe(LAGS);
  });

  it('keeps reads from a server that is a second further behind than another, and no longer than it is', () => {
    found('A', undefined, { lagMs: 200 });
    found('B', undefined, { lagMs: 1_201 });
    expect(faults.avoided).toEqual(new Set(['B']));
    found('B', undefined, { lagMs: 1_200 });
    expect(faults.avoided).toEqual(new Set());
  });

  it('keeps reads from none where all are late alike', () => {
    found('A', undefined, { lagMs: 5_000 });
    found('B', undefined, { lagMs: 5_400 });
    expect(faults.avoided).toEqual(new Set());
  });
});
