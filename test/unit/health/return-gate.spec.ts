import { describe, expect, it } from '@jest/globals';
import { ReturnGate } from '../../../src/health/return-gate.js';

const gateOf = (random = 0.5) => new ReturnGate(100, 1_000, () => random);

/** How long it stays closed after a failure at that time. */
function closedMs(gate: ReturnGate, failedAtMs: number): number {
  gate.close(failedAtMs);
  let ms = 0;
  while (!gate.isOpen(failedAtMs + ms)) ms++;
  return ms;
}

describe('the gate through which an engine returns', () => {
  it('is open before anything failed', () => {
    expect(gateOf().isOpen(0)).toBe(true);
  });

  it('stays closed twice as long after each failure that follows, up to the longest time', () => {
    const gate = gateOf();
    expect([0, 200, 500, 1_000, 2_000, 3_500].map((ms) => closedMs(gate, ms))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });

  it('begins anew after a long time without failures', () => {
    const gate = gateOf();
    closedMs(gate, 0);
    closedMs(gate, 200);
    expect(closedMs(gate, 2_201)).toBe(100);
  });

  it('opens at another moment in each process', () => {
    expect([0, 0.25, 0.999].map((random) => closedMs(gateOf(random), 0))).toEqual([75, 88, 125]);
  });
});
