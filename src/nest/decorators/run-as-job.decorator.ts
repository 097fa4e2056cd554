import { DEFAULT_SET } from '../../options/default-set.js';
import { MetadataBySet } from './metadata-by-set.js';

const RUN_AS_JOB = new MetadataBySet<true>('run-as-job');

/**
 * A method of a provider that something else than Nest calls, such as the client of a queue: each call is a job, as inside
 * `DatabaseRouting.run()`, unless it is made in a request, message or job already. Methods of `@nestjs/schedule`,
 * `@nestjs/event-emitter`, `@nestjs/bullmq` and `@nestjs/cqrs` need none.
 */
export function RunAsJob({ set = DEFAULT_SET }: { set?: string } = {}): MethodDecorator {
  return RUN_AS_JOB.decorate(set, true);
}

/** Whether a method says so, for one set. */
export function runsAsJob(set: string, method: object): boolean {
  return RUN_AS_JOB.of(set, method) ?? false;
}
