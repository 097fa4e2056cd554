import { PassThrough, type Readable, type Transform } from 'node:stream';

/**
 * Stands between a slave's rows and the stream that the caller holds, so that a failure before the first row can be kept
 * from the caller and the query tried elsewhere.
 */
export class FirstRowStream extends PassThrough {
  /** Whether the caller has got, or may have got, a row. */
  delivered = false;
  private source: Readable | undefined;

  constructor(private readonly target: Transform) {
    super({ objectMode: true });
    this.once('data', () => (this.delivered = true));
    this.on('pipe', (source: Readable) => {
      this.source = source;
      if (this.destroyed) source.destroy();
    });
    this.on('error', () => undefined); // the one who asked decides what becomes of it
    this.pipe(target);
  }

  /** At once, as where Knex's own stream stands: the source's end must reach the server before the next query does. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.source?.destroy();
    super._destroy(error, done);
  }

  /** Lets go of the caller's stream, which stays open for another try. */
  detach(): void {
    this.unpipe(this.target);
    this.destroy();
  }
}
