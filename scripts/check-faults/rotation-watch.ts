import type { RouterUnderFault } from './routers/router-under-fault.js';

const EVERY_MS = 10;

/** Asks the router again and again which engines are out of rotation. */
export class RotationWatch {
  private readonly out = new Map<string, boolean | undefined>();
  private readonly changes: { readonly engine: string; readonly isOut: boolean; readonly atMs: number }[] =
    [];
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly router: RouterUnderFault,
    private readonly engines: readonly string[],
  ) {
    this.look();
    this.timer = setInterval(this.look, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Whether the router tells at all. */
  get isTold(): boolean {
    return [...this.out.values()].some((isOut) => isOut !== undefined);
  }

  /** How often an engine went out. */
  get outs(): number {
    return this.changes.filter(({ isOut }) => isOut).length;
  }

  /** When the engine went out in that time; the start where it was out already. */
  outSince(engine: string, fromMs: number, toMs: number): number | undefined {
    const own = this.changes.filter((change) => change.engine === engine);
    if (own.findLast(({ atMs }) => atMs < fromMs)?.isOut) return fromMs;
    return own.find(({ isOut, atMs }) => isOut && atMs >= fromMs && atMs <= toMs)?.atMs;
  }

  private look = (): void => {
    for (const engine of this.engines) {
      const isOut = this.router.isOut(engine);
      const before = this.out.get(engine);
      this.out.set(engine, isOut);
      if (isOut === undefined || isOut === (before ?? false)) continue;
      this.changes.push({ engine, isOut, atMs: performance.now() });
    }
  };
}
