/** When what happened in a row, in ms of `performance.now()`. */
export class FaultClock {
  private readonly struck = new Map<string, number>();
  private readonly healed = new Map<string, number>();
  private promoted: { readonly server: string; readonly atMs: number } | undefined;

  /** Call it before the fault begins to have an effect, so that what is measured is never too short. */
  strike(...engines: readonly string[]): void {
    for (const engine of engines) this.struck.set(engine, performance.now());
  }

  /** Call it once the engine could serve again. */
  heal(...engines: readonly string[]): void {
    for (const engine of engines) this.healed.set(engine, performance.now());
  }

  /** Call it once everybody can see that the server is the master. */
  promote(server: string): void {
    this.promoted = { server, atMs: performance.now() };
  }

  struckAt(engine: string): number | undefined {
    return this.struck.get(engine);
  }

  healedAt(engine: string): number | undefined {
    return this.healed.get(engine);
  }

  get engines(): readonly string[] {
    return [...this.struck.keys()];
  }

  get promotion(): { readonly server: string; readonly atMs: number } | undefined {
    return this.promoted;
  }

  /** From the first strike to the last healing, or for ever. */
  get beganMs(): number {
    return Math.min(...this.struck.values());
  }

  get endedMs(): number {
    return this.healed.size < this.struck.size ? Infinity : Math.max(...this.healed.values());
  }
}
