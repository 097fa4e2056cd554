import { type Context, type Work, markWrote } from '../context/context.js';
import { see } from '../context/seen.js';
import type { ResolvedPinOptions } from '../options/resolve-pin-options.js';
import { isDbWrite } from './decorators/db-write.decorator.js';

/** Methods of requests that ask for nothing but an answer (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Work that is said to write, whether or not its queries show it: by its method, by `@DbWrite()`, or in the options. */
export class DeclaredWriters {
  private readonly working = new WeakSet<Work>();
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

  includes(type: Function, handler: Function): boolean {
    if (isDbWrite(this.set, handler) || isDbWrite(this.set, type)) return true;
    return this.handlers.size > 0 && this.handlers.has(`${type.name}.${handler.name}`);
  }

  /** From here on the work's reads stay on the master. */
  begin(context: Context): void {
    markWrote(context);
    this.working.add(context.work);
  }

  /** All is written, or all that its response can tell of: it is seen now, and not sooner, since nobody saw when. */
  end({ work }: Context): void {
    if (this.working.delete(work)) see(work.seen);
  }
}
