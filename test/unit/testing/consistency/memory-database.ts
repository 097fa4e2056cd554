import type {
  ConsistencyClient,
  ListReading,
  RegisterReading,
  Written,
} from '../../../../src/testing/index.js';

/** A log of writes, and readings of any prefix of it: a master and slaves without a server. */
export class MemoryDatabase {
  private readonly log: { subject: string; value: string }[] = [];

  /** The position after the last write. */
  get end(): number {
    return this.log.length;
  }

  write(subject: string, value: string): Written {
    this.log.push({ subject, value });
    return { version: this.values(subject, this.end).length, engine: 'master' };
  }

  /** All that was written to a register or list, as of a position. */
  values(subject: string, position: number): string[] {
    const shown = this.log.slice(0, position).filter((written) => written.subject === subject);
    return shown.map(({ value }) => value);
  }

  read(subject: string, position: number): RegisterReading {
    const values = this.values(subject, position);
    return { version: values.length, value: values.at(-1) ?? null };
  }

  readList(subject: string, position: number): ListReading {
    return { values: this.values(subject, position) };
  }
}

/** Writes at the end, reads where `readAt` says; each call takes a turn of the event loop. */
export function memoryClient(
  database: MemoryDatabase,
  readAt: () => { position: number; engine: string },
): ConsistencyClient {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    write: (register, value) => turn().then(() => database.write(register, value)),
    append: (list, value) => turn().then(() => database.write(list, value)),
    async read(register) {
      await turn();
      const { position, engine } = readAt();
      return { ...database.read(register, position), engine };
    },
    async readList(list) {
      await turn();
      const { position, engine } = readAt();
      return { ...database.readList(list, position), engine };
    },
  };
}
