import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { currentContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { type AppClass, classesOfApp } from './app-classes.js';
import { runsAsJob } from './decorators/run-as-job.decorator.js';
import { takeOver } from './decorators/take-over.js';
import { bookmarkOfJob } from './queue-bookmarks.js';
import { ROUTING } from './tokens.js';

/** What packages leave on methods that they call from no request; none of them is imported, as few apps have them all. */
const ON_METHODS: readonly string[] = [
  'SCHEDULER_TYPE',
  'EVENT_LISTENER_METADATA',
  'bullmq:worker_events_metadata',
  'bullmq:queue_events_metadata',
];

/** The same on classes, and the method that they call there. */
const ON_CLASSES: readonly (readonly [mark: string, method: string])[] = [
  ['bullmq:processor_metadata', 'process'],
  ['__commandHandler__', 'execute'],
  ['__queryHandler__', 'execute'],
  ['__eventsHandler__', 'handle'],
];

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Runs a call of a method as one set's job. */
type AsJob = (name: string, args: readonly unknown[], work: () => unknown) => unknown;

/** By methods that run as jobs: how, for each set. Classes outlive an app; of two apps at a time the later one's sets count. */
const jobsOf = new WeakMap<Function, Map<string, AsJob>>();

/**
 * Scheduled methods, listeners, workers of queues and handlers of commands run as jobs, without a line of the app's. Their methods are
 * replaced on their classes before Nest's packages look for them.
 */
@Injectable()
export class JobMethods implements OnApplicationShutdown {
  private readonly replaced: Map<string, AsJob>[] = [];

  constructor(
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(MetadataScanner) scanner: MetadataScanner,
  ) {
    for (const { type, methods } of classesOfApp(discovery, scanner)) {
      const named = ON_CLASSES.filter(([mark]) => Reflect.hasMetadata(mark, type)).map(([, name]) => name);
      for (const [name, method] of methods)
        if (named.includes(name) || this.isJob(method)) this.replace(type, name, method as Method);
    }
  }

  onApplicationShutdown(): void {
    for (const jobs of this.replaced.splice(0))
      if (jobs.get(this.routing.name) === this.asJob) jobs.delete(this.routing.name);
  }

  private isJob(method: Function): boolean {
    return (
      ON_METHODS.some((mark) => Reflect.hasMetadata(mark, method)) || runsAsJob(this.routing.name, method)
    );
  }

  private replace(type: AppClass['type'], name: string, method: Method): void {
    const jobs = jobsOf.get(method) ?? replacedBy(type, name, method);
    jobs.set(this.routing.name, this.asJob);
    this.replaced.push(jobs);
  }

  private readonly asJob: AsJob = (name, args, work) => {
    const { name: set } = this.routing;
    const { kind, work: around } = currentContext(set);
    if (kind !== 'none' && around.progress !== 'over') return work();
    const bookmark = bookmarkOfJob(set, args[0]);
    return this.routing.run({ name, ...(bookmark !== undefined && { bookmark }) }, work);
  };
}

function replacedBy(type: Function, name: string, method: Method): Map<string, AsJob> {
  const jobs = new Map<string, AsJob>();
  const label = `${type.name}.${name}`;
  const replacement: Method = function (...args) {
    const call = () => method.apply(this, args);
    return [...jobs.values()].reduce<() => unknown>((work, asJob) => () => asJob(label, args, work), call)();
  };
  takeOver(method, replacement);
  Object.defineProperty(type.prototype as object, name, {
    value: replacement,
    writable: true,
    configurable: true,
  });
  jobsOf.set(replacement, jobs);
  return jobs;
}
