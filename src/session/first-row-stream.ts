import { PassThrough, type Readable, type Transform } from 'node:stream';

/**
 * Stands between a slave's rows and the stream that the caller holds, so that a failure before the first row can be kept
 * from the caller and the query tried elsewhere.
 */
export class FirstRowStream extends PassThrough {
  /** Whether the caller has got, or may have got, a row. */
  delivered = false;

  constructor(private readonly target: Transform) {
    super({ objectMode: true });
    this.once('data', () => (this.delivered = true));
    this.on('pipe', (source: Readable) => this.once('close', () => source.destroy()));
    this.on('error', () => undefined); // the one who asked decides what becomes of it
    this.pipe(target);
  }

  /** Lets go of the caller's stream, which stays open for another try. */
  detach(): void {
    this.unpipe(this.target);
    this.destroy();
  }
}
