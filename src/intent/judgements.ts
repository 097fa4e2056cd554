import type { Verdict } from './verdict.js';

/**
 * Verdicts on SQL that names other SQL: views, policies, bodies of functions. They may rest on each other in circles; what is
 * in one is safe unless something in it is not. So each is taken for safe while it is looked at, and where that was wrong, all
 * that was found meanwhile is looked at again.
 */
export class Judgements {
  private readonly settled = new Map<string, Verdict>();
  /** Taken for safe, for now. */
  private assumed: Set<string> | undefined;

  verdict(key: string, judge: () => Verdict): Verdict {
    const settled = this.settled.get(key);
    if (settled !== undefined) return settled;
    if (this.assumed?.has(key)) return 'safe';
    return this.assumed ? this.look(key, judge, this.assumed) : this.settle(key, judge);
  }

  private settle(key: string, judge: () => Verdict): Verdict {
    try {
      for (;;) {
        const held = this.settled.size;
        const assumed = (this.assumed = new Set<string>());
        const verdict = this.look(key, judge, assumed);
        if (verdict !== 'safe') return verdict;
        if (this.settled.size > held) continue; // something was taken for safe that is not
        for (const safe of assumed) this.settled.set(safe, 'safe');
        return 'safe';
      }
    } finally {
      this.assumed = undefined;
    }
  }

  private look(key: string, judge: () => Verdict, assumed: Set<string>): Verdict {
    assumed.add(key);
    const verdict = judge();
    if (verdict === 'safe') return verdict;
    assumed.delete(key);
    this.settled.set(key, verdict);
    return verdict;
  }
}
