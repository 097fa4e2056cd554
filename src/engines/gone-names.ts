/** Names may come from a cloud that makes a new one for each slave. */
const MOST = 1_000;

/** The names of slaves that have left a set, the last ones of them: rules that name them are skipped, not refused. */
export class GoneNames {
  private readonly names = new Set<string>();

  has(name: string): boolean {
    return this.names.has(name);
  }

  left(name: string): void {
    this.names.add(name);
    const [first] = this.names;
    if (this.names.size > MOST) this.names.delete(first!);
  }

  /** There is one of that name again. */
  joined(name: string): void {
    this.names.delete(name);
  }
}
