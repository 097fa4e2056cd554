import type { Context, Work } from './context.js';

/**
 * A context as it would be, had its queries run where the rules send them, while the mode keeps all of them on the master: what they
 * would have seen and written is kept beside what they have.
 */
export function wouldBe(context: Context): Context {
  return context.kind === 'none' ? context : { ...context, work: wouldBeWork(context.work) };
}

function wouldBeWork(work: Work): Work {
  const would = (work.wouldBe ??= begin(work));
  would.pinned = work.pinned;
  would.progress = work.progress;
  would.request = work.request;
  return would;
}

/** Before its first query: what it begins with is what a job around it would have seen, or what its client brought. */
function begin(work: Work): Work {
  const outer = work.outer && wouldBeWork(work.outer);
  const seen = outer ? { ...outer.seen, outer: outer.seen } : { ...work.seen, outer: undefined };
  return { ...work, seen, outer, wouldBe: undefined };
}
