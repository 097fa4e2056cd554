import type { Socket } from 'node:net';

interface Piece {
  readonly dueMs: number;
  /** Null: the sender has ended. */
  readonly bytes: Buffer | null;
}

/** One direction of a connection: what comes in goes out in its order, later by a delay, and not at all while held. */
export class DelayedPipe {
  private readonly pieces: Piece[] = [];
  private timer: NodeJS.Timeout | undefined;
  private held = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly delayMs: () => number,
  ) {
    from.on('data', (bytes: Buffer) => this.add(bytes));
    from.on('end', () => this.add(null));
    // Not where the sender has closed: what it sent last is still on its way, and so is the word that it has ended.
    to.on('close', () => clearTimeout(this.timer));
  }

  /** Reads no more, so that the kernels hold what is sent: nobody sees how either end fares meanwhile. */
  hold(): void {
    this.held = true;
    this.from.pause();
  }

  release(): void {
    this.held = false;
    this.from.resume();
    this.pass();
  }

  private add(bytes: Buffer | null): void {
    // Never before what came earlier, also where the delay was shortened since.
    const dueMs = Math.max(performance.now() + this.delayMs(), this.pieces.at(-1)?.dueMs ?? 0);
    this.pieces.push({ dueMs, bytes });
    this.pass();
  }

  private pass = (): void => {
    clearTimeout(this.timer);
    if (this.held) return;
    while (this.pieces[0] && this.pieces[0].dueMs <= performance.now()) this.send(this.pieces.shift()!);
    const [next] = this.pieces;
    if (next) this.timer = setTimeout(this.pass, next.dueMs - performance.now());
  };

  private send({ bytes }: Piece): void {
    if (this.to.destroyed) return;
    if (bytes) this.to.write(bytes);
    else this.to.end();
  }
}
