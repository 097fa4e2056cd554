/** What is wrong with an engine that answers. */
export interface Fault {
  readonly kind: 'lagging' | 'slow' | 'foreign';
  readonly because: string;
}

/** What was found at one of the servers that a name leads to. */
interface Finding {
  readonly fault: Fault | undefined;
  /** How far it was behind; undefined where that can't be told. */
  readonly lagMs: number | undefined;
  readonly atMs: number;
}

/** A server that was not met for so long is not there any more. */
const FORGOTTEN_MS = 10_000;

/** Reads are kept from a server that is so much further behind than another one of the same name. */
const WORSE_MS = 1_000;

/** How the servers are doing that one name leads to. Owned by the engine's health. */
export class ServerFaults {
  private readonly byRun = new Map<string, Finding>();

  /** Takes in what was found at one of them. Answers what is wrong with the name: nothing while one of them may serve. */
  found(run: string, finding: Finding): Fault | undefined {
    this.byRun.set(run, finding);
    for (const [other, { atMs }] of this.byRun)
      if (finding.atMs - atMs > FORGOTTEN_MS) this.byRun.delete(other);
    const isFine = [...this.byRun.values()].some(({ fault }) => fault === undefined);
    return isFine ? undefined : finding.fault;
  }

  /** Those that reads are kept from. */
  get avoided(): ReadonlySet<string> {
    const least = Math.min(...[...this.byRun.values()].map(({ lagMs = Infinity }) => lagMs));
    const isWorse = ({ fault, lagMs = 0 }: Finding) => fault !== undefined || lagMs - least > WORSE_MS;
    return new Set([...this.byRun].filter(([, finding]) => isWorse(finding)).map(([run]) => run));
  }
}
