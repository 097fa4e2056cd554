import { outsideContexts } from '../context/context-storage.js';

/**
 * A question that many ask at the same time: one is under way at a time, and the next is sent after the last of its callers
 * called, so that the answer covers what each of them has seen.
 */
export class SharedQuestion<Answer> {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<Answer> | undefined;

  constructor(private readonly send: () => Promise<Answer>) {}

  ask(): Promise<Answer> {
    return (this.next ??= outsideContexts(() => this.askNext()));
  }

  private async askNext(): Promise<Answer> {
    await this.running.catch(() => undefined);
    const asked = this.send();
    this.running = asked;
    this.next = undefined; // a caller that comes from here on may have seen more than this question covers
    return asked;
  }
}
