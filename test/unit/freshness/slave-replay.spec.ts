import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';
import { FRESHNESS_QUESTIONS } from '../../../src/freshness/freshness-questions.js';
import type { Epoch } from '../../../src/freshness/position.js';
import { SlaveReplay } from '../../../src/freshness/slave-replay.js';
import type { Engine } from '../../../src/engines/engine.js';
import { AskedKnex, turn } from './asked-knex.js';

const replayed = (lsn: string, started_at = 'run1') => ({ lsn, started_at, walfile: null });
const EPOCH: Epoch = { system: '7555', timeline: 1 };

let asked: AskedKnex;
let slave: Engine;
let replay: SlaveReplay;
let nowMs: number;

beforeEach(() => {
  jest.useFakeTimers();
  asked = new AskedKnex();
  slave = stubEngine('slave1', 'slave', { probes: asked.knex });
  slave.servers.heard('run1');
  nowMs = 0;
  replay = new SlaveReplay(
    slave,
    () => EPOCH,
    FRESHNESS_QUESTIONS,
    clockAt(() => nowMs),
  );
});

afterEach(() => {
  jest.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  jest.advanceTimersByTime(ms);
  await turn();
}

/** The pause between two probes. */
const pause = () => pass(1);

/** What came of it so far. */
function outcome(promise: Promise<boolean>): () => boolean | 'waiting' {
  let now: boolean | 'waiting' = 'waiting';
  void promise.then((reached) => (now = reached));
  return () => now;
}

describe('one probe of a slave', () => {
  it('serves all who wait, each at its own target', async () => {
    const near = outcome(replay.reach(0x10n, 100));
    const far = outcome(replay.reach(0x20n, 100));
    expect(asked.waiting).toBe(1);
    await asked.answer(replayed('0/15'));
    expect([near(), far()]).toEqual([true, 'waiting']);
    await pause();
    expect(asked.waiting).toBe(1);
    await asked.answer(replayed('0/25'));
    expect(far()).toBe(true);
    await pause();
    expect(asked.questions).toHaveLength(2); // nobody waits any more
  });

  it('is not needed where the slave is known to be there', async () => {
    void replay.probe();
    await asked.answer(replayed('0/15'));
    expect(await replay.reach(0x15n, 100)).toBe(true);
    expect(asked.questions).toHaveLength(1);
  });

  it('serves who comes while it is under way', async () => {
    void replay.probe();
    const late = outcome(replay.reach(0x10n, 100));
    expect(asked.waiting).toBe(1);
    await asked.answer(replayed('0/10'));
    expect(late()).toBe(true);
  });

  it('is asked again for who comes in the moment in which it ends', async () => {
    const again = replay
      .reach(0x10n, 100)
      .then((reached) => (reached ? 'reached' : outcome(replay.reach(0x10n, 100))));
    await asked.fail();
    expect(await again).toBeInstanceOf(Function);
    expect(asked.waiting).toBe(1);
  });
});

describe('waiting', () => {
  it('ends at its deadline, also while the slave does not answer', async () => {
    const short = outcome(replay.reach(0x10n, 20));
    const long = outcome(replay.reach(0x10n, 30));
    jest.advanceTimersByTime(19);
    await turn();
    expect([short(), long()]).toEqual(['waiting', 'waiting']);
    jest.advanceTimersByTime(1);
    await turn();
    expect([short(), long()]).toEqual([false, 'waiting']);
    await asked.answer(replayed('0/10'));
    expect([short(), long()]).toEqual([false, true]);
  });

  it('ends for all as soon as the slave can not be asked', async () => {
    const both = [outcome(replay.reach(0x10n, 1000)), outcome(replay.reach(0x20n, 1000))];
    await asked.fail();
    expect(both.map((one) => one())).toEqual([false, false]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('goes on after a failure for the next', async () => {
    void replay.reach(0x10n, 1000);
    await asked.fail();
    const next = outcome(replay.reach(0x10n, 1000));
    await asked.answer(replayed('0/10'));
    expect(next()).toBe(true);
  });
});

describe('one who waits alone', () => {
  it('has the slave asked a few times in 20 ms, at first after 1 ms, and another one at once again', async () => {
    const askedAtMs: number[] = [];
    void replay.reach(0x10n, 20);
    for (let passed = 0; passed < 20; passed++) {
      if (asked.waiting > 0) askedAtMs.push(nowMs);
      if (asked.waiting > 0) await asked.answer(replayed('0/5'));
      if (passed === 16) void replay.reach(0x11n, 20);
      await pass(1);
    }
    expect(askedAtMs).toEqual([0, 1, 3, 7, 11, 15, 19]);
  });
});

describe('a slave that somebody has waited for in vain', () => {
  const FAR = 0x20n;

  /** Lets time pass in which the slave stays where it is; gives the number of probes. */
  async function stays(ms: number): Promise<number> {
    const before = asked.questions.length;
    for (let passed = 0; passed < ms; passed++) {
      await pass(1);
      expect(asked.waiting).toBeLessThanOrEqual(1);
      if (asked.waiting > 0) await asked.answer(replayed('0/10'));
    }
    return asked.questions.length - before;
  }

  /** The next probe in the background, and its answer. */
  async function replaysTo(lsn: string): Promise<void> {
    while (asked.waiting === 0) await pass(1);
    await asked.answer(replayed(lsn));
  }

  beforeEach(async () => {
    void replay.reach(FAR, 20);
    await asked.answer(replayed('0/10'));
    await stays(20);
  });

  it('is waited for once more, since it may be there in a moment', async () => {
    const again = outcome(replay.reach(FAR, 20));
    await stays(10);
    expect(again()).toBe('waiting');
    await replaysTo('0/20');
    expect(again()).toBe(true);
  });

  it('is not waited for by others who would wait half as long as it is behind, until it gets there', async () => {
    expect(await replay.reach(FAR, 10)).toBe(false);
    expect(await replay.reach(0x30n, 10)).toBe(false);
    await replaysTo('0/1F');
    expect(await replay.reach(0x30n, 10)).toBe(false);
    await replaysTo('0/20');
    expect(await replay.reach(FAR, 10)).toBe(true);
    expect(outcome(replay.reach(0x30n, 10))()).toBe('waiting');
  });

  it('is waited for by who needs less of it', () => {
    expect(outcome(replay.reach(0x18n, 10))()).toBe('waiting');
  });

  it('is waited for the more seldom the longer it takes', async () => {
    let waits = 0;
    for (let passed = 20; passed < 1_000; passed += 10) {
      const reached = outcome(replay.reach(FAR, 10));
      await turn();
      if (reached() === 'waiting') waits++;
      await stays(10);
    }
    expect(waits).toBe(5); // after 40, 80, 160 ms and so on
  });

  it('is probed the more seldom the longer it takes', async () => {
    void replay.reach(FAR, 10);
    expect(await stays(50)).toBeGreaterThan(3);
    void replay.reach(FAR, 10);
    await stays(500);
    void replay.reach(FAR, 10);
    expect(await stays(500)).toBeLessThan(16);
  });

  it('is probed no more when nobody asks, and then waited for again', async () => {
    await stays(1_100);
    expect(await stays(500)).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
    expect(outcome(replay.reach(FAR, 10))()).toBe('waiting');
  });

  it('is waited for again when it could not be asked', async () => {
    while (asked.waiting === 0) await pass(1);
    await asked.fail();
    expect(outcome(replay.reach(FAR, 10))()).toBe('waiting');
    expect(asked.waiting).toBe(1);
  });
});

describe('what is known of a slave', () => {
  it('is nothing at first, and never goes back while it runs', async () => {
    expect(replay.known).toBe(0n);
    void replay.probe();
    await asked.answer(replayed('0/20'));
    void replay.probe();
    await asked.answer(replayed('0/10'));
    expect(replay.known).toBe(0x20n);
  });

  it('is nothing of a server that was started anew, which may be behind where it was', async () => {
    void replay.probe();
    await asked.answer(replayed('0/20'));
    slave.servers.heard('run2');
    expect(replay.known).toBe(0n);
    void replay.probe();
    await asked.answer(replayed('0/10', 'run2'));
    expect(replay.known).toBe(0x10n);
  });

  it('is of the run that answered, when the news of the next one come first', async () => {
    void replay.probe();
    slave.servers.heard('run2');
    await asked.answer(replayed('0/20', 'run1'));
    expect(replay.known).toBe(0n);
  });

  it("is a server's own position where the slave is the master under another name", async () => {
    void replay.probe();
    await asked.answer({ ...replayed('0/20'), walfile: '000000010000000000000001' });
    expect(replay.known).toBe(0x20n);
  });

  it('is nothing of a server that was promoted: its numbers mean another history', async () => {
    void replay.probe();
    await asked.answer(replayed('0/20'));
    void replay.probe();
    await asked.answer({ ...replayed('0/30'), walfile: '000000020000000000000001' });
    expect(replay.known).toBe(0n);
  });
});
