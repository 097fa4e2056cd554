import type { Classification } from '../intent/intent.js';
import { Tally } from './tally.js';

/** What reads open with, and what writes in disguise do. */
const LOOKS_LIKE_A_READ = /^[\s(]*(?:select|with|values|table|show|explain)\b/i;

/** So many runs are looked at for the code that waits for them: a query that a handler only returns is waited for by none. */
const MOST_LOOKS = 3;

/** What is counted of the queries of one shape. */
export class ShapeTally extends Tally {
  site: string | undefined;
  private looks = 0;
  private because: string | undefined;
  private readonly looksLikeRead: boolean;

  constructor(
    readonly shape: string,
    sql: string,
  ) {
    super();
    this.looksLikeRead = LOOKS_LIKE_A_READ.test(sql);
  }

  /** Takes a whole stack trace, so it is asked a few times at the most. */
  sample(callSite: () => string | undefined): void {
    if (this.site !== undefined || this.looks >= MOST_LOOKS) return;
    this.looks++;
    this.site = callSite();
  }

  /** Whether it counts among the reads: it may be one, or it looks like one. */
  isRead({ intent }: Classification): boolean {
    return intent !== 'write' || this.looksLikeRead;
  }

  /** It is no read that any slave may answer. */
  hold({ intent, because, answersDiffer }: Classification): void {
    if (answersDiffer || intent !== 'read') this.because = because;
  }

  get held(): string | undefined {
    return this.because;
  }
}
