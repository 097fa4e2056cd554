import { type Context, type Work, declareWrote } from '../context/context.js';
import type { HttpRequest } from '../context/http-request.js';
import { see } from '../context/seen.js';
import { refuse } from '../options/check.js';
import type { ResolvedPinOptions } from '../options/resolve-pin-options.js';
import { dbWriteOf } from './decorators/db-write.decorator.js';
import { type ListedHandler, isListed, listedHandler } from './listed-handler.js';

/** Methods of requests that ask for nothing but an answer (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Work that is said to write, whether or not its queries show it: by its method, by `@DbWrite()`, or by the options. */
export class DeclaredWriters {
  /** Work of which a handler, or an operation, was declared a writer; no other one takes that back. */
  private readonly declared = new WeakSet<Work>();
  /** Work whose method is unsafe, until a handler has begun that only reads. */
  private readonly expected = new WeakSet<Work>();
  /** Work of which `pin.when` was asked. */
  private readonly asked = new WeakSet<Work>();
  private readonly handlers: readonly ListedHandler[];

  constructor(
    private readonly set: string,
    private readonly options: Pick<ResolvedPinOptions, 'unsafeMethods' | 'handlers' | 'when'>,
  ) {
    this.handlers = options.handlers.map(listedHandler);
  }

  isUnsafe(method = 'GET'): boolean {
    return this.options.unsafeMethods && !SAFE_METHODS.has(method.toUpperCase());
  }

  /** What is said of a handler: that it writes, that it only reads (`@DbWrite(false)`), or undefined for nothing. */
  saidOf(type: Function, handler: Function): boolean | undefined {
    const ofMethod = dbWriteOf(this.set, handler);
    if (ofMethod !== undefined) return ofMethod;
    if (this.handlers.some((listed) => isListed(listed, type, handler))) return true;
    return dbWriteOf(this.set, type);
  }

  /** Its method is unsafe. Whether it writes is known when its handler begins; a request that reaches none counts. */
  expect({ work }: Context): void {
    this.expected.add(work);
  }

  /** Asks the app's own `pin.when`, once for each request's work. An error of that function passes through. */
  ask(context: Context, request: HttpRequest): void {
    const { when } = this.options;
    if (!when || this.asked.has(context.work)) return;
    this.asked.add(context.work);
    const answer: unknown = when(request);
    if (typeof answer !== 'boolean') refuse('The answer of pin.when', 'true or false', answer);
    if (answer) this.begin(context);
  }

  /** From here on the work's reads stay on the master. */
  begin(context: Context): void {
    declareWrote(context);
    this.declared.add(context.work);
  }

  /** One of its handlers only reads, whatever the method is; a batch of GraphQL operations has several. */
  acquit({ work }: Context): void {
    this.expected.delete(work);
  }

  /** All is written, or all that its response can tell of: it is seen now, and not sooner, since nothing says when. */
  end({ work }: Context): void {
    const isDeclared = this.declared.delete(work);
    if (this.expected.delete(work) || isDeclared) see(work.seen);
  }
}
