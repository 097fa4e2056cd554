interface Restorable {
  /** As it was at the start; rejects where that can't be done. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

/** Gives each row a database that is as at the start: the last row's where it could be restored, else another one. */
export class Databases<Database extends Restorable> {
  private current: Database | undefined;

  constructor(private readonly start: () => Promise<Database>) {}

  async take(): Promise<Database> {
    this.current ??= await this.start();
    return this.current;
  }

  async restore(): Promise<void> {
    try {
      await this.current?.restore();
    } catch {
      await this.drop();
    }
  }

  async drop(): Promise<void> {
    const dropped = this.current;
    this.current = undefined;
    await dropped?.stop();
  }
}
