import { SlavesUnavailableError } from '../../../src/index.js';
import type { Operation } from './operation.js';

/** What happened in one row. Times are those of `performance.now()`. */
export class Recording {
  readonly operations: Operation[] = [];
  /** A sentence for each result that no caller may see. */
  readonly wrong: string[] = [];
  /** What failed besides operations: a context, a bookmark. */
  readonly faults: string[] = [];
  /** Rejections that nobody waited for: they end a process. */
  readonly unhandled: string[] = [];

  /** Undefined where it failed, or took too long. */
  async add<Answer extends { readonly engine?: string | undefined }>(
    kind: Operation['kind'],
    work: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const startedMs = performance.now();
    const ended = (outcome: Pick<Operation, 'engine' | 'error' | 'isRefused'>) =>
      void this.operations.push({ kind, startedMs, endedMs: performance.now(), ...outcome });
    try {
      const answer = await work();
      ended({ engine: answer.engine, error: undefined, isRefused: false });
      return answer;
    } catch (cause) {
      const isRefused = cause instanceof SlavesUnavailableError;
      ended({ engine: undefined, error: messageOf(cause), isRefused });
      return undefined;
    }
  }

  /** When the first read that an engine answered since then had its answer. */
  firstReadOn(engine: string, sinceMs: number): number | undefined {
    const isIt = (one: Operation) => one.kind !== 'write' && one.engine === engine && one.endedMs >= sinceMs;
    return this.operations.find(isIt)?.endedMs;
  }

  addUnhandled = (cause: unknown): void => void this.unhandled.push(`unhandled: ${messageOf(cause)}`);

  addFault(cause: unknown): void {
    this.faults.push(messageOf(cause));
  }
}

function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join('; ');
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}
