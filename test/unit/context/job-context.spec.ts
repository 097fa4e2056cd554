import { describe, expect, it } from '@jest/globals';
import {
  type Context,
  NO_CONTEXT,
  countWriting,
  markWrote,
  openContext,
} from '../../../src/context/context.js';
import { openJob, runJob } from '../../../src/context/job-context.js';
import { ANYWHERE, bring, see, settleAt, witness } from '../../../src/context/seen.js';

const request = () => openContext('request', { balanced: true });
const inside = (around: Context, byTime = false) =>
  openJob(around, { scope: undefined, consistency: undefined, byTime });

describe('a job inside a request', () => {
  it('tells the request what it writes and sees, and is not held where the request wrote', () => {
    const around = request();
    markWrote(around);
    see(around.work.seen);
    const job = inside(inside(around));
    expect(job.work).toMatchObject({ wrote: false, pinned: false, seen: { unsettled: ANYWHERE } });
    settleAt(around.work.seen, 5n, around.work.seen.marks);
    around.work.wrote = false;
    markWrote(job);
    see(job.work.seen, 'slave1@1');
    witness(job.work.seen, 7n);
    expect(around.work).toMatchObject({ wrote: true, seen: { unsettled: 'slave1@1', position: 7n } });
  });

  it('counts its writes under way there, until they have ended', () => {
    const around = request();
    const job = inside(around);
    countWriting(job, 1);
    expect([job.work.writing, around.work.writing]).toEqual([1, 1]);
    countWriting(job, -1);
    expect([job.work.writing, around.work.writing]).toEqual([0, 0]);
  });

  it('begins with what the request has seen, and keeps to itself what it is given', () => {
    const around = request();
    around.work.slave = 'slave1';
    see(around.work.seen, 'slave1@1');
    const job = inside(around);
    expect(job.work).toMatchObject({ slave: 'slave1', seen: { unsettled: 'slave1@1' } });
    bring(job.work.seen, 'slave2@1');
    expect(around.work.seen).toMatchObject({ unsettled: 'slave1@1', brought: undefined });
  });

  it('reads on the master after a write of the request where positions are not told', () => {
    const around = request();
    expect(inside(around, true).work.pinned).toBe(false);
    markWrote(around);
    expect(inside(around, true).work.pinned).toBe(true);
    expect(inside(inside(around, true), true).work.pinned).toBe(true);
  });
});

describe('a job keeps nothing of', () => {
  it('a request that was answered', () => {
    const around = request();
    around.work.progress = 'over';
    expect(inside(around).work.outer).toBeUndefined();
  });

  it('the job before it that has started it, when that is over', async () => {
    let last = inside(request());
    for (let times = 0; times < 3; times++) {
      const before = last;
      await runJob('default', before, () => Promise.resolve());
      last = inside(before);
    }
    expect(last.work.outer?.outer).toBeUndefined();
  });

  it('one that has thrown, or has rejected', async () => {
    const [first, second] = [inside(NO_CONTEXT), inside(NO_CONTEXT)];
    const fails = () => {
      throw new Error('bad');
    };
    expect(() => runJob('default', first, fails)).toThrow('bad');
    await expect(runJob('default', second, () => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
    expect([first.work.progress, second.work.progress]).toEqual(['over', 'over']);
  });
});

it('a job outside any context begins with nothing', () => {
  expect(inside(NO_CONTEXT).work).toMatchObject({ outer: undefined, seen: { marks: 0, outer: undefined } });
});
