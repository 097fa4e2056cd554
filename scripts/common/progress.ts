/** One line on a terminal that a row's end replaces; nothing where the output is no terminal. */
export class Progress {
  private readonly isShown = process.stderr.isTTY;

  constructor(private readonly what: string) {
    this.write(what);
  }

  show = (state: string): void => this.write(`${this.what}: ${state}`);

  clear(): void {
    this.write('');
  }

  private write(text: string): void {
    if (this.isShown) process.stderr.write(`\r\u001B[K${text}`);
  }
}
