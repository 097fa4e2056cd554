import { type Context, type Work, markWrote } from '../context/context.js';
import { see } from '../context/seen.js';
import type { ResolvedPinOptions } from '../options/resolve-pin-options.js';
import { dbWriteOf } from './decorators/db-write.decorator.js';

/** Methods of requests that ask for nothing but an answer (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Work that is said to write, whether or not its queries show it: by its method, by `@DbWrite()`, or in the options. */
export class DeclaredWriters {
  /** Work that counts as a writer when it ends: its handler is declared one, or its method is unsafe and no handler has begun. */
  private readonly counting = new WeakSet<Work>();
  private readonly handlers: ReadonlySet<string>;

  constructor(
    private readonly set: string,
    private readonly options: Pick<ResolvedPinOptions, 'unsafeMethods' | 'handlers'>,
  ) {
    this.handlers = new Set(options.handlers);
  }

  isUnsafe(method = 'GET'): boolean {
    return this.options.unsafeMethods && !SAFE_METHODS.has(method.toUpperCase());
  }

  /** What is said of a handler: that it writes, that it only reads (`@DbWrite(false)`), or undefined for nothing. */
  saidOf(type: Function, handler: Function): boolean | undefined {
    const said = dbWriteOf(this.set, handler) ?? dbWriteOf(this.set, type);
    const isListed = this.handlers.size > 0 && this.handlers.has(`${type.name}.${handler.name}`);
    return isListed ? true : said;
  }

  /** Its method is unsafe. Whether it writes is known when its handler begins; a request that reaches none counts. */
  expect({ work }: Context): void {
    this.counting.add(work);
  }

  /** From here on the work's reads stay on the master. */
  begin(context: Context): void {
    markWrote(context);
    this.counting.add(context.work);
  }

  /** Its handler only reads, whatever its method is. */
  acquit({ work }: Context): void {
    this.counting.delete(work);
  }

  /** All is written, or all that its response can tell of: it is seen now, and not sooner, since nothing says when. */
  end({ work }: Context): void {
    if (this.counting.delete(work)) see(work.seen);
  }
}
