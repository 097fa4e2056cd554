/** What every statement gets in a transaction that has failed already: it says nothing of the reason. */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * The errors that the queries of one transaction met: its own and those of its savepoints, and its streams. What its work
 * throws beyond them is the app's, whatever its code.
 */
export class MetErrors {
  /** Why the transaction can't be committed any more, where a statement failed outside a savepoint. */
  reason: unknown;
  private readonly met = new WeakSet<object>();

  /** Hears how a query ends, and is not in its way. */
  hear(answer: Promise<unknown>): void {
    answer.catch((error: unknown) => this.add(error));
  }

  has(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.met.has(error);
  }

  private add(error: unknown): void {
    if (typeof error !== 'object' || error === null) return;
    this.met.add(error);
    if ((error as { code?: unknown }).code !== IN_FAILED_TRANSACTION) this.reason = error;
  }
}
