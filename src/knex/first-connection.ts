import type { Dispatched } from '../dispatch/dispatched.js';
import type { KnexConnection } from '../knex-internals.js';
import { type Asked, attemptOn, giveBack } from './asked.js';
import type { KnexTools } from './knex-parts.js';

/** The connection that a read waits for, unless another slave's comes first. */
export class FirstConnection {
  /** Rejects where the one that is waited for fails first. */
  readonly promise: Promise<KnexConnection>;
  private resolve: (connection: KnexConnection) => void = () => undefined;
  private isSettled = false;

  constructor(
    waited: Promise<KnexConnection>,
    private readonly dispatched: Dispatched,
    private readonly parts: Pick<KnexTools, 'held' | 'retries'>,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      waited.then(
        (connection) => (this.settles() ? resolve(connection) : this.comesTooLate(connection)),
        (error: unknown) => (this.settles() ? reject(error as Error) : this.failsTooLate(error)),
      );
    });
  }

  /** Whether it still waits, and takes another slave's instead. `moved` is called before anybody goes on with it. */
  takes(asked: Asked, moved: () => void): boolean {
    if (!this.settles()) return false;
    moved();
    this.resolve(asked.connection);
    return true;
  }

  private settles(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    return true;
  }

  private comesTooLate(connection: KnexConnection): void {
    const { dispatched, parts } = this;
    parts.held.took(connection, dispatched.engine);
    giveBack({ dispatched, connection, guard: undefined }, parts.held);
  }

  private failsTooLate(error: unknown): void {
    this.parts.held.gaveUp(this.dispatched.engine);
    this.parts.retries.note(attemptOn(this.dispatched), error);
  }
}
