import { describe, expect, it } from '@jest/globals';
import type { Engine } from '../../../src/engines/engine.js';
import { NoAnswerError, probe } from '../../../src/health/engine-probe.js';
import { SLAVE_ANSWER } from './known-engines.js';

/** An engine whose probes end as they are told to. */
const answering = (answer: Promise<unknown>) =>
  ({ probes: { raw: () => ({ timeout: () => answer }) } }) as unknown as Engine;
const never = new Promise<never>(() => undefined);

describe('a probe', () => {
  it('gives what the engine says', async () => {
    expect(await probe(answering(Promise.resolve({ rows: [SLAVE_ANSWER] })), 1_000)).toBe(SLAVE_ANSWER);
  });

  it('fails as the question does', async () => {
    await expect(probe(answering(Promise.reject(new Error('ECONNREFUSED'))), 1_000)).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  it('waits no longer than its time, for a connection either', async () => {
    await expect(probe(answering(never), 10)).rejects.toThrow('no answer within 10 ms');
  });

  it('tells how late it was noticed, which is what a busy process does', async () => {
    const asked = probe(answering(never), 10).catch((error: unknown) => error);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60); // keeps the process from its timers
    const error = await asked;
    expect(error).toBeInstanceOf(NoAnswerError);
    expect((error as NoAnswerError).lateMs).toBeGreaterThan(40);
  });
});
