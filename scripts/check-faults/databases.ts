import { FaultDatabase } from './fault-database.js';

/** Gives each row a database that is as at the start: the last row's where it could be restored, else another one. */
export class Databases {
  private current: FaultDatabase | undefined;

  async take(): Promise<FaultDatabase> {
    this.current ??= await FaultDatabase.start();
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
