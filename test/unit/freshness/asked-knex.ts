import type { Knex } from 'knex';

interface Asked {
  readonly sql: string;
  readonly resolve: (answer: { rows: readonly object[] }) => void;
  readonly reject: (error: Error) => void;
}

/** Stands for an engine's Knex: keeps what is asked until the test answers, the oldest first. */
export class AskedKnex {
  /** All that was ever asked. */
  readonly questions: string[] = [];
  private readonly open: Asked[] = [];

  readonly knex = {
    raw: (sql: string) => ({
      timeout: () =>
        new Promise<{ rows: readonly object[] }>((resolve, reject) => {
          this.questions.push(sql);
          this.open.push({ sql, resolve, reject });
        }),
    }),
  } as unknown as Knex;

  /** How many wait for an answer. */
  get waiting(): number {
    return this.open.length;
  }

  async answer(...rows: object[]): Promise<void> {
    this.next().resolve({ rows });
    await turn();
  }

  async fail(error = new Error('no answer')): Promise<void> {
    this.next().reject(error);
    await turn();
  }

  private next(): Asked {
    const asked = this.open.shift();
    if (!asked) throw new Error('nothing was asked');
    return asked;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function turn(): Promise<void> {
  for (let ticks = 0; ticks < 20; ticks++) await Promise.resolve();
}
