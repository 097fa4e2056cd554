import type { Consistency } from './consistency.js';
import { type Context, type EngineChoice, type Work, nestContext, openContext } from './context.js';
import { type Ran, runInContext } from './context-storage.js';

/** What a job is begun with. */
export interface JobOptions {
  /** For the report. Default: as the work around it. */
  readonly name?: string | undefined;
  readonly scope: EngineChoice | undefined;
  readonly consistency: Consistency | undefined;
  /** What clients have seen is kept by time, since positions can't be told: reads inside work that wrote stay on the master. */
  readonly byTime: boolean;
}

/**
 * A job's own context. Inside other work it begins with what that has seen, and what it sees and writes counts there as well,
 * however late.
 */
export function openJob(around: Context, { byTime, name, ...change }: JobOptions): Context {
  const named = { ...change, name: name ?? around.name };
  const job = nestContext(openContext('job', { balanced: true }), named);
  const outer = around.kind === 'none' ? undefined : notOver(around.work);
  if (!outer) return job;
  const { seen, slave, pinned, wrote } = outer;
  const own = { outer, slave, pinned: pinned || (byTime && wrote), seen: { ...seen, outer: seen } };
  return { ...job, work: { ...job.work, ...own } };
}

/** Runs a job. Work that is over is kept by no job that it has started. */
export function runJob<Result>(set: string, job: Context, work: () => Result): Ran<Result> {
  const end = () => {
    job.work.progress = 'over';
  };
  let ran: Ran<Result>;
  try {
    ran = runInContext(set, job, work);
  } catch (error) {
    end();
    throw error;
  }
  if (ran instanceof Promise) ran.then(end, end);
  else end();
  return ran;
}

function notOver(work: Work): Work | undefined {
  let around: Work | undefined = work;
  while (around?.progress === 'over') around = around.outer;
  return around;
}
