import type { ConsistencyProgress } from '../../src/testing/index.js';

/** One line on a terminal that a row's end replaces; nothing where the output is no terminal. */
export class Progress {
  private readonly isShown = process.stderr.isTTY;

  constructor(private readonly what: string) {
    this.write(what);
  }

  show = ({ seconds, operations, anomalies }: ConsistencyProgress): void =>
    this.write(`${this.what}: ${seconds.toFixed(0)} s, ${operations} operations, ${anomalies} anomalies`);

  clear(): void {
    this.write('');
  }

  private write(text: string): void {
    if (this.isShown) process.stderr.write(`\r\u001B[K${text}`);
  }
}
