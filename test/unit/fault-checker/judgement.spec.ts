import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FaultClock } from '../../../scripts/check-faults/fault-clock.js';
import type { Fault } from '../../../scripts/check-faults/faults/fault.js';
import { brokenGoals } from '../../../scripts/check-faults/goals.js';
import { Recording } from '../../../scripts/check-faults/load/recording.js';
import { RotationWatch } from '../../../scripts/check-faults/rotation-watch.js';
import type { RouterUnderFault } from '../../../scripts/check-faults/routers/router-under-fault.js';
import { type RowResult, rowResult } from '../../../scripts/check-faults/row-result.js';
import { SentLog } from '../../../scripts/check-faults/sent-log.js';
import { SlavesUnavailableError } from '../../../src/index.js';

const SLAVES = ['slave1', 'slave2', 'slave3'];

/** A router that does what each test says, and a row that it is judged by. */
class StagedRow {
  readonly recording = new Recording();
  readonly clock = new FaultClock();
  readonly sent = new SentLog();
  out: string[] | undefined = [];
  private readonly beganMs = performance.now();
  private readonly watch = new RotationWatch(
    { isOut: (engine) => this.out?.includes(engine) } as RouterUnderFault,
    SLAVES,
  );

  async read(engine: string, ms = 5): Promise<void> {
    this.sent.add(engine);
    await this.operation('read', ms, () => ({ engine }));
  }

  async fail(kind: 'read' | 'write', ms = 5): Promise<void> {
    await this.operation(kind, ms, () => {
      throw new Error('connect ECONNREFUSED');
    });
  }

  async refuse(): Promise<void> {
    await this.operation('read', 0, () => {
      throw new SlavesUnavailableError('slave1 is down');
    });
  }

  async write(ms = 5): Promise<void> {
    await this.operation('write', ms, () => ({ engine: 'master' }));
  }

  async readOnEach(): Promise<void> {
    for (const slave of SLAVES) await this.read(slave);
  }

  result(strayWrites?: number): RowResult {
    const { recording, clock, sent, watch, beganMs } = this;
    watch.stop();
    const endedMs = performance.now();
    return rowResult({
      fault: 'f',
      router: 'r',
      recording,
      clock,
      sent,
      watch,
      beganMs,
      endedMs,
      strayWrites,
      causes: ['slave2 is slow'],
    });
  }

  private async operation(kind: 'read' | 'write', ms: number, end: () => { engine: string }): Promise<void> {
    await this.recording.add(kind, () => {
      jest.advanceTimersByTime(ms);
      return Promise.resolve().then(end);
    });
    // What comes next is later.
    jest.advanceTimersByTime(1);
  }
}

describe('the judgement of a fault', () => {
  let row: StagedRow;

  beforeEach(async () => {
    jest.useFakeTimers();
    row = new StagedRow();
    await row.readOnEach();
  });

  afterEach(() => void jest.useRealTimers());

  it('counts failed reads and writes apart, and says what they failed with', async () => {
    row.clock.strike('slave1');
    await row.fail('read');
    await row.fail('write');
    await row.fail('write');
    const result = row.result();
    expect(result).toMatchObject({ failedReads: 1, failedWrites: 2 });
    expect(result.errors).toContainEqual({ message: 'write: Error: connect ECONNREFUSED', count: 2 });
  });

  it('counts reads that were refused for the budget apart from those that failed', async () => {
    row.clock.strike('slave1');
    await row.refuse();
    expect(row.result()).toMatchObject({ failedReads: 0, refusedReads: 1, errors: [] });
  });

  it('counts what the master takes over by the reason that the router gives', () => {
    row.sent.add('master', 'no-slave');
    jest.advanceTimersByTime(1);
    row.clock.strike('slave1');
    for (const reason of ['no-slave', 'no-slave', 'wrote']) row.sent.add('master', reason);
    jest.advanceTimersByTime(500);
    expect(row.result().takenOverPerSecond).toBe(4);
  });

  it('measures from the fault until the router says that the engine is out', async () => {
    row.clock.strike('slave1');
    jest.advanceTimersByTime(700);
    row.out = ['slave1'];
    jest.advanceTimersByTime(20);
    const { detectMs, outs } = row.result();
    expect(detectMs).toBeGreaterThanOrEqual(700);
    expect(detectMs).toBeLessThanOrEqual(720);
    expect(outs).toBe(1);
  });

  it('takes an engine that was not out when the fault ended for unnoticed', () => {
    row.clock.strike('slave1');
    jest.advanceTimersByTime(3000);
    row.clock.heal('slave1');
    row.out = ['slave1'];
    jest.advanceTimersByTime(20);
    expect(row.result().detectMs).toBe('never');
  });

  it('goes by what is sent where the router does not say who is out', async () => {
    row = new StagedRow();
    row.out = undefined;
    row.clock.strike('slave1');
    await row.read('slave1', 300);
    await row.read('slave1', 0);
    for (let read = 0; read < 600; read++) await row.read('slave2', 1);
    expect(row.result()).toMatchObject({ detectMs: 301, outs: undefined });
  });

  it('measures from the end of the fault until the engine answers, and waits for the last of several', async () => {
    row.clock.strike('slave1', 'slave2');
    row.clock.heal('slave1');
    await row.read('slave1', 10);
    row.clock.heal('slave2');
    await row.read('slave2', 40);
    expect(row.result().backMs).toBe(40);
  });

  it('does not wait for an engine that was never used', async () => {
    row = new StagedRow();
    await row.read('slave1');
    row.clock.strike('slave1', 'slave2');
    row.clock.heal('slave1', 'slave2');
    await row.read('slave1', 7);
    expect(row.result().backMs).toBe(7);
  });

  it('says that an engine never came back', async () => {
    row.clock.strike('slave1');
    row.clock.heal('slave1');
    await row.read('slave2');
    expect(row.result().backMs).toBe('never');
  });

  it('compares what other engines answer, and how much of it the master does', async () => {
    row.clock.strike('slave1');
    await row.read('slave1', 900);
    await row.read('slave2', 30);
    await row.read('master', 20);
    expect(row.result()).toMatchObject({
      p99BeforeMs: 5,
      p99DuringMs: 30,
      slowestReadMs: 900,
      onMasterBefore: 0,
      onMasterDuring: 1 / 3,
    });
  });

  it('measures from a promotion to the first write that is acknowledged', async () => {
    row.clock.strike('master');
    await row.fail('write');
    row.clock.promote('slave2');
    await row.fail('write', 60);
    await row.write(40);
    expect(row.result()).toMatchObject({ firstWriteMs: 101, backMs: undefined });
  });

  describe('against the goals', () => {
    const fault = {
      name: 'f',
      detectWithinMs: 2000,
      maxOuts: 1,
      run: () => Promise.resolve(),
    } satisfies Fault;
    const judged = (strayWrites?: number) => brokenGoals(fault, row.result(strayWrites));

    it('finds nothing where all are reached', async () => {
      row.clock.strike('slave1');
      row.out = ['slave1'];
      jest.advanceTimersByTime(20);
      row.clock.heal('slave1');
      row.out = [];
      jest.advanceTimersByTime(20);
      await row.readOnEach();
      expect(judged()).toEqual([]);
    });

    it('finds each that is not', async () => {
      row.clock.strike('slave1');
      await row.fail('read');
      row.recording.wrong.push('went back in time');
      row.recording.addUnhandled(new Error('nobody waited'));
      for (const out of [['slave1'], [], ['slave2']]) {
        jest.advanceTimersByTime(2500);
        row.out = out;
      }
      jest.advanceTimersByTime(20);
      row.clock.heal('slave1');
      row.clock.promote('slave2');
      expect(judged(3)).toEqual([
        '1 reads outside transactions failed',
        '1 results were wrong',
        expect.stringMatching(/^noticed after 25\d\d ms, not within 2000 ms$/),
        'an engine did not come back into rotation',
        'the first write after the promotion came never, not within 1000 ms',
        '3 writes reached the old master',
        '1 rejections were not handled',
        'engines went out of rotation 2 times, not at most 1: slave2 is slow',
      ]);
    });

    it('finds that the master took over more than its budget', () => {
      row.clock.strike('slave1');
      for (let read = 0; read < 100; read++) row.sent.add('master', 'no-slave');
      jest.advanceTimersByTime(1000);
      const withBudget = (perSecond: number) => ({ ...fault, ours: { masterBudget: { perSecond } } });
      const result = row.result();
      const finding = 'the master took over 100 reads a second, not at most 50';
      expect(brokenGoals(withBudget(50), result)).toContain(finding);
      expect(brokenGoals(withBudget(100), result).join()).not.toContain('took over');
    });

    it('finds an end that took too long, and what it left', () => {
      row.clock.strike('slave1');
      const shutdown = { tookMs: 12_345, left: ['Timeout', 'the process'] };
      const findings = brokenGoals(fault, { ...row.result(), shutdown });
      expect(findings).toContain('shutting down took 12345 ms, not at most 11000');
      expect(findings).toContain('shutting down left Timeout, the process');
    });

    it('finds a slave that had nothing to lose', async () => {
      row = new StagedRow();
      await row.read('slave2');
      await row.read('slave3');
      row.clock.strike('slave1');
      expect(judged()).toContain('slave1 got 0 % of the reads before the fault');
    });
  });
});
